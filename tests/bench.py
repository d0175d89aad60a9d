"""Benchmarks: cold processes as a user starts them, against the floor of the same run.

    just bench [RUNS] [--save FILE] [--compare FILE] [--profile]

The floor is one cold process that imports Polars, reads the columns the features read and writes
the rows they give the way the product does, with nothing in between. Figures are medians; ratios
are within this run, and with `--compare` to one that `--save` has written. Uses the real 2021-22
season where `../shared/phase3` is there, else the simulated one.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from tests import bench_book

ROOT = Path(__file__).parents[1]
REAL = ROOT.parent / "shared" / "phase3"
PYTHON = sys.executable
NBA = [PYTHON, "-m", "nba_local"]

FLOOR = """
import sys, time
from pathlib import Path
import polars as pl
from nba_local.tables.calendar import Season
from nba_local.tables.registry import load_registry
from nba_local.storage.store import Store
data, out = Store(Path(sys.argv[1])), Store(Path(sys.argv[2]))
season, load = Season(2021), 0.0
registry = load_registry(Path("pipelines").resolve())
for table in registry.features:
    for name in table.inputs:
        table = registry.table(name)
        if table.is_source:
            data.scan("raw", table, [season]).select(table.source.reads).collect()
        else:
            data.scan("published", table, [season]).collect()
for table in registry.features:
    for file in sorted(data.folder("published", table.name, season).glob("*.parquet")):
        began = time.perf_counter()
        rows = pl.read_parquet(file)
        load += time.perf_counter() - began
        out.write(out.file("published", table.name, season, file.stem), rows)
print(load)
"""


ENCODE = """
import sys, time
from pathlib import Path
import polars as pl
from nba_local.storage.store import Store
spent = 0.0
for file in sorted(Path(sys.argv[1]).rglob("*.parquet")):
    rows = pl.read_parquet(file)
    began = time.perf_counter()
    Store(Path(sys.argv[2])).write(Path(sys.argv[2]) / file.name, rows)
    spent += time.perf_counter() - began
print(spent)
"""


def measure(command: list[str], **more: str) -> tuple[float, float, str]:
    """Wall seconds, peak memory in MB and stdout of one cold process."""
    with tempfile.TemporaryFile("w+") as errors:
        began = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**os.environ, **more},
        )
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        if status:
            errors.seek(0)
            code = os.waitstatus_to_exitcode(status)
            raise SystemExit(f"{errors.read()}{' '.join(command)} ended with {code}")
    return seconds, usage.ru_maxrss / 1024, output


def show(name: str, seconds: list[float], memory: list[float], floor: float | None = None) -> float:
    middle = statistics.median(seconds)
    ratio = f"  {middle / floor:5.2f} x floor" if floor else ""
    print(
        f"{name:<34} {middle:6.2f} s  (min {min(seconds):.2f}, max {max(seconds):.2f})"
        f"  {max(memory):5.0f} MB{ratio}{bench_book.note(name, middle)}"
    )
    return middle


def warehouse_in(folder: Path) -> Path:
    if REAL.is_dir():
        print("season: 2021-22, real tables")
        return REAL
    print("season: 2021-22, simulated")
    from pipelines.simulated import season

    for name, frame in season(2021).tables.items():
        (folder / name).mkdir(parents=True)
        frame.write_parquet(folder / name / "season=2021.parquet")
    return folder


def streamed(runs: int, root: Path) -> None:
    """Pull 1,000,000 x 100 from a server that only sends what it serialised before."""
    # not at the top: a child starts as large as its parent, and would be measured so
    from tests.stream_server import COLUMNS, PROJECT, package

    ready, tables, data = root / "ready.json", root / "widetables", root / "wide"
    command = [PYTHON, "-m", "tests.stream_server", str(ready)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE) as server:
        while not ready.exists():
            if server.poll() is not None:
                raise SystemExit("the stream server did not start")
            time.sleep(0.1)
        where = json.loads(ready.read_text())
        package(tables)
        pull = [*NBA, "pull", "2021-22", "--warehouse", f"bigquery://{PROJECT}"]
        pull += ["--pipelines", str(tables), "--data", str(data)]
        seconds, memory, encoding = [], [], []
        for _ in range(runs + 1):
            shutil.rmtree(data, ignore_errors=True)
            found = measure(
                pull,
                NBA_LOCAL_BIGQUERY_REST=where["rest"],
                NBA_LOCAL_BIGQUERY_STORAGE=where["storage"],
            )
            seconds, memory = [*seconds, found[0]], [*memory, found[1]]
            encoding.append(
                float(measure([PYTHON, "-c", ENCODE, str(data), str(root / "again")])[2])
            )
        server.stdin.close()
    size = where["arrow_bytes"] / 1e6
    middle = show(f"pull {where['rows']:,} x {COLUMNS}, streams", seconds[1:], memory[1:])
    share = statistics.median(encoding[1:]) / middle
    print(
        f"  {size:,.0f} MB of Arrow data at {size / middle:,.0f} MB/s; "
        f"encoding Parquet alone takes {100 * share:.0f} % of that time"
    )


def first_view(data: Path) -> dict[str, tuple[float, float]]:
    """Seconds and memory until the page's first view is answered: from a cold start, and alone."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [*NBA, "ui", "--port", "0", "--no-browser", "--data", str(data)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    url = process.stdout.readline().split()[0]
    asked = time.perf_counter()

    def read(path: str) -> bytes:
        with urllib.request.urlopen(url + path) as answer:
            return answer.read()

    read("")
    seasons = json.loads(read("api/start"))["seasons"]
    read(f"api/season/{seasons[-1]}")
    ended = time.perf_counter()
    process.send_signal(signal.SIGINT)
    _, status, usage = os.wait4(process.pid, 0)
    process.stdout.close()
    if status:
        raise SystemExit("ui failed")
    memory = usage.ru_maxrss / 1024
    return {"cold": (ended - began, memory), "view": (ended - asked, memory)}


def page(runs: int, root: Path, data: Path) -> None:
    """The page of ten seasons; a browser takes a quarter of a second more to draw it."""
    from tests.ten_seasons import YEARS, ten_seasons  # imports what children should not inherit

    ten_seasons(data, root / "ten")
    found = [first_view(root / "ten") for _ in range(runs + 1)][1:]
    for name, label in (("cold", "ui, cold start to first view"), ("view", "ui, first view")):
        seconds, memory = zip(*(one[name] for one in found), strict=True)
        show(f"{label}, {len(YEARS)} seasons", list(seconds), list(memory))
    where = ["--data", str(root / "ten")]
    asked = {
        f"coverage, {len(YEARS)} seasons": ["coverage", *where],
        f"why, {len(YEARS)} seasons stored": ["why", "ml_feature_store_v2", "2021-11-30", *where],
        "why of a player": ["why", "ml_feature_store_v2", "2021-11-30", "anthonydavis", *where],
    }
    for label, words in asked.items():
        took = [measure([*NBA, *words]) for _ in range(runs + 1)][1:]
        show(label, [one[0] for one in took], [one[1] for one in took])


def lab(root: Path) -> None:
    """One feature in the lab, see `bench_lab`."""
    from tests.bench_lab import bench  # it imports this module

    (root / "lab").mkdir()
    bench(root / "lab")


def main() -> None:
    parser = argparse.ArgumentParser(prog="just bench")
    parser.add_argument("runs", nargs="?", type=int, default=5)
    parser.add_argument("--save", type=Path, metavar="FILE", help="Write the medians by name.")
    parser.add_argument("--compare", type=Path, metavar="FILE", help="Print ratios to a saved run.")
    parser.add_argument(
        "--profile", action="store_true", help="Only: where the CPU of a season goes, by part."
    )
    given = parser.parse_args()
    if given.profile:
        profile()
        return
    if given.compare:
        bench_book.compare_with(given.compare)
    bench(given.runs)
    if given.save:
        bench_book.save(given.save)


def profile() -> None:
    """Where the CPU seconds of a backfill go, see `bench_profile`."""
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        source, data = warehouse_in(root / "warehouse"), str(root / "data")
        measure([*NBA, "pull", "2021-22", "--warehouse", f"file://{source}", "--data", data])
        print(measure([PYTHON, "-m", "tests.bench_profile", data])[2], end="")


def bench(runs: int) -> None:
    print(f"{runs} runs each after one warm-up, {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        source = warehouse_in(root / "warehouse")
        data, out = root / "data", root / "out"
        out.mkdir()
        pull = [*NBA, "pull", "--season", "2021-22", "--warehouse", f"file://{source}", "--data"]
        backfill = [*NBA, "backfill", "2021-22", "--json", "--data"]

        two_pulled = root / "two"
        if REAL.is_dir():
            measure([*pull, str(two_pulled), "--season", "2022-23"])

        times: dict[str, list[tuple[float, float, str]]] = {}
        for _ in range(runs + 1):
            shutil.rmtree(data, ignore_errors=True)
            times.setdefault("pull", []).append(measure([*pull, str(data)]))
            times.setdefault("backfill", []).append(measure([*backfill, str(data)]))
            floor = measure([PYTHON, "-c", FLOOR, str(data), str(out)])
            times.setdefault("floor", []).append((floor[0] - float(floor[2]), *floor[1:]))
            times.setdefault("pull again", []).append(measure([*pull, str(data)]))
            times.setdefault("plan", []).append(
                measure([*NBA, "plan", "2021-22", "--data", str(data)])
            )
            if REAL.is_dir():
                shutil.rmtree(data, ignore_errors=True)
                shutil.copytree(two_pulled, data)
                seasons = ["2021-22", "2022-23"]
                times.setdefault("two", []).append(
                    measure([*NBA, "backfill", *seasons, "--data", str(data)])
                )
            times.setdefault("help", []).append(measure([*NBA, "--help"]))
        print(f"{'cold process':<34} {'median':>8}")
        counted = {name: values[1:] for name, values in times.items()}

        def row(name: str, label: str, floor: float | None = None) -> float:
            values = counted[name]
            return show(label, [v[0] for v in values], [v[1] for v in values], floor)

        base = row("floor", "floor: read inputs, write outputs")
        row("backfill", "backfill, five tables", base)
        if "two" in counted:
            row("two", "backfill, two seasons")
        row("pull", "pull, six source tables")
        row("pull again", "pull, nothing changed")
        row("plan", "plan, nothing due")
        row("help", "--help")
        if REAL.is_dir():  # the last run has left two seasons there
            shutil.rmtree(data)
            measure([*pull, str(data)])
            measure([*backfill, str(data)])
        page(runs, root, data)
        streamed(runs, root)
        lab(root)
        steps = json.loads(counted["backfill"][-1][2])["result"]["steps"]
        print("stages of the last backfill, seconds:")
        for step in steps:
            stages = ", ".join(f"{stage} {s:.2f}" for stage, s in step["seconds"].items())
            print(f"  {step['table']}: {stages}")


if __name__ == "__main__":
    main()
