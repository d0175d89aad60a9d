"""Benchmarks of tasks elsewhere: 1 and 2 processes and Dask with 2 workers, cold processes.

    just bench-cluster [cost|backfill|sweep] [SEASONS]

`cost`: what a task weighs, and what it takes to start an engine and to send nothing through it.
`backfill`: SEASONS seasons (12) that are the real 2021-22 under other dates. `sweep`: four features
on the four real seasons. Where `../shared/phase3` is not there, the simulated season stands in.
Figures are one run each: wall seconds, CPU seconds of the call and its processes, peak memory of
the call. CPU of Dask's workers is theirs and not counted. Published files are compared.
"""

from __future__ import annotations

import hashlib
import pickle
import resource
import shutil
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from tests.bench import NBA, REAL, measure
from tests.dask_cluster import Cluster
from tests.many_seasons import LAST, many_seasons

SWEPT = ("fg_attempts", "assists", "personal_fouls", "steals")
FILE = '"""Of late."""\nfrom pipelines.windows import mean\nFEATURES = (\n{lines}\n)\n'
LINE = '    mean("{name}_last_5", "{name}", last=5),'


def ways(root: Path, stack: ExitStack) -> dict[str, list[str]]:
    """Flags by what they mean; a Dask cluster is started for the last one."""
    cluster = stack.enter_context(Cluster(root / "cluster"))
    return {
        "inline": [],
        "1 process": ["--workers", "1"],
        "2 processes": ["--workers", "2"],
        "Dask, 2 workers": ["--cluster", cluster.address],
    }


def timed(name: str, command: list[str]) -> None:
    """Run a command and print what it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    took, memory, _ = measure(command)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{name:<28} {took:7.1f} s  CPU {cpu:6.1f} s  {memory:5.0f} MB", flush=True)


def digest(folder: Path) -> str:
    """Of all published files and their names."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*.parquet")):
        found.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return found.hexdigest()[:16]


def pulled(root: Path, seasons: int) -> Path:
    """A data folder with so many seasons."""
    years = many_seasons(seasons, root / "warehouse")
    named = [w for y in years for w in ("--season", f"{y}-{(y + 1) % 100:02d}")]
    data = root / "pulled"
    measure([*NBA, "pull", *named, "--warehouse", f"file://{root}/warehouse", "--data", str(data)])
    return data


def backfill(root: Path, seasons: int) -> None:
    """The same seasons every way."""
    data, digests = pulled(root, seasons), {}
    with ExitStack() as stack:
        for name, flags in ways(root, stack).items():
            own = root / "own"
            shutil.copytree(data, own)
            timed(f"{seasons} seasons, {name}", [*NBA, "backfill", "--data", str(own), *flags])
            digests[name] = digest(own / "published")
            shutil.rmtree(own)
    if len(set(digests.values())) > 1:
        raise SystemExit(f"published files differ: {digests}")
    print(f"published files are the same: {digests['inline']}")


def sweep(root: Path) -> None:
    """The same features every way; each time from nothing but the matrix of the baseline."""
    names = ["2021-22", "2022-23", "2023-24", "2024-25"] if REAL.is_dir() else ["2021-22"]
    source = REAL if REAL.is_dir() else root / "warehouse"
    if not REAL.is_dir():
        many_seasons(1, source)
    data = root / "data"
    named = [word for name in names for word in ("--season", name)]
    measure([*NBA, "pull", *named, "--warehouse", f"file://{source}", "--data", str(data)])
    file = root / "swept.py"
    file.write_text(FILE.format(lines="\n".join(LINE.format(name=name) for name in SWEPT)))
    export = [*NBA, "lab", "export", *names, "--to", str(root / "x.parquet"), "--data", str(data)]
    measure(export)  # makes the matrix
    command = [*NBA, "lab", "sweep", str(file), *names, "--data"]
    with ExitStack() as stack:
        for name, flags in ways(root, stack).items():
            own = root / "own"
            shutil.copytree(data, own)
            told = "a process each core" if name == "inline" else name
            timed(f"sweep of {len(SWEPT)}, {told}", [*command, str(own), *flags])
            shutil.rmtree(own)


def cost(root: Path) -> None:
    """What a task of a backfill weighs, and what an engine takes for a task that does nothing."""
    from nba_local.cluster import fingerprint
    from nba_local.cluster.processes import Processes
    from nba_local.cluster.scheduler import Dask
    from nba_local.cluster.task import Task
    from nba_local.cluster.work import registry_here
    from nba_local.commands.project import Project
    from nba_local.compute.plan import plan
    from nba_local.compute.remote import _job, season
    from nba_local.config import Config
    from nba_local.tables.calendar import Season

    data = pulled(root, 2)
    with Project.open(Config(data=str(data))).reading(raw_only=True) as work:
        steps = plan(work, work.registry.features, [Season(LAST)]).due
        body = pickle.dumps(_job(work, steps), protocol=5)
    registry_here()
    for name in ("first", "second"):
        began, spent = time.perf_counter(), time.process_time()
        result = season(body, b"")
        took, cpu = time.perf_counter() - began, time.process_time() - spent
        print(f"a season, the {name} in a process: {took:.2f} s, CPU {cpu:.2f} s")
    print(f"a season's task: {len(body) / 1e6:.1f} MB there, {len(result) / 1e6:.1f} MB back")
    code = fingerprint.of(fingerprint.COMPUTING)

    def empty(number: int, size: int) -> Task:
        return Task(f"nothing {number}", "tests.cluster_tasks:echo", bytes(size), code)

    with Cluster(root / "cluster") as cluster:
        for name, engine in (
            ("1 process", Processes(1)),
            ("Dask", Dask(cluster.address, 60)),
        ):
            began = time.perf_counter()
            with engine:
                engine.submit(empty(0, 0)).result()
                started = time.perf_counter()
                for number in range(50):
                    engine.submit(empty(number, 0)).result()
                small = time.perf_counter()
                for number in range(5):
                    engine.submit(empty(number, 10_000_000)).result()
                large = time.perf_counter()
            start, none, ten = started - began, (small - started) * 20, (large - small) * 200
            print(f"{name}: {start:.2f} s to the first result, {none:.1f} ms a task of nothing,")
            print(f"  {ten:.0f} ms a task with 10 MB there and back")


def main(part: str = "", seasons: str = "12") -> int:
    """Run one part, or all, in folders of their own."""
    parts = {"cost": cost, "backfill": lambda root: backfill(root, int(seasons)), "sweep": sweep}
    for name in [part] if part else parts:
        with tempfile.TemporaryDirectory() as place:
            parts[name](Path(place))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
