"""A real Dask scheduler and two workers: the same bytes, and every way to lose them."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import polars as pl
import pytest

from nba_local.cluster import scheduler
from nba_local.cluster.scheduler import Dask
from nba_local.commands import lab, proofs, road
from nba_local.errors import ClusterError, PipelineError
from nba_local.lab import models
from nba_local.lab.results import Asked
from tests.conftest import ROOT, run_cli
from tests.dask_cluster import Cluster
from tests.lab_season import HOW, lab_project
from tests.seasons import AUTUMN, FIVE_WEEKS, copied, project_of
from tests.small_road import SEASON, Road
from tests.test_cluster import is_alive, task, until
from tests.test_kill import contents

SOON = 3.0
"""Seconds that the tests' clusters may have no worker for us."""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Two workers that tests leave as they are."""
    with Cluster(tmp_path_factory.mktemp("cluster")) as found:
        yield found


@pytest.fixture
def dask(cluster):
    with Dask(cluster.address, SOON) as found:
        yield found


def published(project) -> dict[str, bytes]:
    return contents(project.store.root / "published")


# what comes back


def test_a_worker_with_an_empty_folder_and_another_home_does_it(dask, cluster):
    assert dask.slots == 2
    told = json.loads(dask.submit(task("asked")).result(timeout=60))
    assert told["HOME"] == str(cluster.root / "home")
    assert told["cwd"] == str(cluster.root / "empty")
    assert told["POLARS_MAX_THREADS"] == told["OMP_NUM_THREADS"] == "1"
    assert not list((cluster.root / "home").iterdir())


def test_shared_bytes_and_own_ones_arrive(dask):
    shared = bytes(1 << 20)
    wanted = [dask.submit(task("echo", b"%d" % n, shared)) for n in range(4)]
    assert [one.result(timeout=60) for one in wanted] == [b"%d" % n + shared for n in range(4)]


def test_errors_are_those_of_the_task_and_the_cluster_goes_on(dask):
    with pytest.raises(PipelineError, match="returns nothing"):
        dask.submit(task("refuses_rows")).result(timeout=60)
    with pytest.raises(ClusterError, match=r"divides failed on worker tcp://.*ZeroDivisionError"):
        dask.submit(task("divides")).result(timeout=60)
    with pytest.raises(ClusterError, match=r"polars is .* there, 1.0.0 here"):
        dask.submit(task("echo", polars="1.0.0")).result(timeout=60)
    assert dask.submit(task("echo", b"on")).result(timeout=60) == b"on"


def test_no_scheduler_is_an_error_that_says_what_to_start(monkeypatch, tmp_path):
    monkeypatch.setattr(scheduler, "CONNECT", 0.5)
    small = Road(tmp_path)
    small.pull()
    project = small.project(cluster="tcp://127.0.0.1:9")
    with pytest.raises(ClusterError, match=r"no Dask scheduler answers at tcp://127") as told:
        road.backfill(project, [SEASON], [])
    assert "dask scheduler" in told.value.hint
    assert not published(project)
    small.backfill()
    assert published(project)


@pytest.fixture(scope="module")
def autumn(seasons):
    """The simulated autumn, and what a backfill of it publishes in this process."""
    done = seasons.backfilled(AUTUMN)
    return seasons.pulled(AUTUMN), published(done)


@pytest.mark.slow
@pytest.mark.parametrize("how", ["workers", "cluster"])
def test_a_simulated_season_has_the_same_bytes_everywhere(how, autumn, cluster, tmp_path):
    pulled, here = autumn
    engine = {"workers": "2", "cluster": cluster.address}[how]
    project = copied(pulled, tmp_path / "data", **{how: engine})
    road.backfill(project, [SEASON], [])
    assert published(project) == here


@pytest.mark.slow
def test_two_real_seasons_have_the_same_bytes_everywhere(shared, seasons, cluster, tmp_path):
    names = [SEASON, "2022-23"]

    def make(folder: Path) -> None:
        """The first weeks of two seasons: a task each, for two workers."""
        for file in (shared / "phase3").glob("*/season=202[12].parquet"):
            there = folder / "warehouse" / file.parent.name
            there.mkdir(parents=True, exist_ok=True)
            day = pl.col("game_date")
            weeks = (day <= FIVE_WEEKS) | day.is_between(dt.date(2022, 7, 1), dt.date(2022, 12, 5))
            pl.read_parquet(file).filter(weeks).write_parquet(there / file.name)
        road.pull(project_of(folder / "data", f"file://{folder}/warehouse"), names, [])

    root = seasons.once("two-real", make)
    pulled = project_of(root / "data", f"file://{root}/warehouse")
    made = {}
    for how, given in (
        ("inline", {}),
        ("workers", {"workers": "2"}),
        ("cluster", {"cluster": cluster.address}),
    ):
        project = copied(pulled, tmp_path / how, **given)
        road.backfill(project, names, [])
        made[how] = published(project)
    assert made["inline"]
    assert made["workers"] == made["inline"]
    assert made["cluster"] == made["inline"]


@pytest.mark.slow
def test_leak_finds_the_same_everywhere(autumn, cluster):
    pulled, _ = autumn
    here = proofs.leak(pulled, [SEASON], [], 3)
    for how in ({"workers": "2"}, {"cluster": cluster.address}):
        project = project_of(pulled.store.root, pulled.config.warehouse, **how)
        assert proofs.leak(project, [SEASON], [], 3) == here, how


# who goes away


def test_a_worker_killed_in_mid_task_costs_nothing_but_time(dask, cluster, tmp_path):
    mark = tmp_path / "mark"
    assert dask.submit(task("dies_once", str(mark).encode())).result(timeout=60) == b"done"
    assert mark.exists()
    until(lambda: sum(worker.poll() is None for worker in cluster.workers) == 1)
    cluster.refill()


@pytest.mark.slow
def test_a_season_whose_worker_is_killed_is_computed_by_the_other(autumn, tmp_path):
    pulled, here = autumn
    with Cluster(tmp_path / "cluster") as found:
        project = copied(pulled, tmp_path / "data", cluster=found.address)
        first = threading.Timer(1.0, found.workers[0].kill)
        first.start()
        road.backfill(project, [SEASON], [])
        first.join()
        assert found.workers[0].wait(timeout=10) == -signal.SIGKILL
    assert published(project) == here


@pytest.mark.slow
def test_all_workers_killed_is_an_error_and_a_second_run_does_the_rest(autumn, tmp_path):
    pulled, here = autumn
    with Cluster(tmp_path / "cluster") as found:
        wait = {"cluster": found.address, "cluster_wait": "3"}
        project = copied(pulled, tmp_path / "data", **wait)
        for worker in found.workers:
            os.kill(worker.pid, signal.SIGSTOP)  # they have the task and never answer
        timers = [threading.Timer(2.0, worker.kill) for worker in found.workers]
        for timer in timers:
            timer.start()
        with pytest.raises(
            ClusterError, match="has had no worker for 3 s; 1 tasks were not"
        ) as told:
            road.backfill(project, [SEASON], [])
        assert "dask worker" in told.value.hint
        assert not published(project)
        found.workers.append(found.worker())
        road.backfill(project, [SEASON], [])
    assert published(project) == here


@pytest.mark.slow
def test_a_cluster_that_is_busy_with_others_is_an_error(cluster, tmp_path):
    marks = [tmp_path / "one", tmp_path / "two"]
    with Dask(cluster.address, SOON) as others:
        for mark in marks:
            others.submit(task("sleeps", str(mark).encode()))
        until(lambda: all(mark.exists() and mark.read_text() for mark in marks))
        with Dask(cluster.address, SOON) as ours:
            waiting = ours.submit(task("echo"))
            with pytest.raises(ClusterError, match="is full: its 2 workers with 2 threads took no"):
                waiting.result(timeout=60)
    for worker in cluster.workers:  # a thread that sleeps cannot be ended
        worker.kill()
        worker.wait()
    cluster.refill()


@pytest.mark.slow
def test_a_scheduler_that_goes_away_is_an_error(tmp_path):
    mark = tmp_path / "mark"
    with Cluster(tmp_path / "cluster") as found, Dask(found.address, SOON) as dask:
        waiting = dask.submit(task("sleeps", str(mark).encode()))
        until(mark.exists)
        found.end_scheduler()
        with pytest.raises(ClusterError, match=r"scheduler at .* is gone; sleeps was not done"):
            waiting.result(timeout=60)


# who has something else


@pytest.mark.slow
def test_a_worker_with_other_code_refuses_and_nothing_is_published(autumn, tmp_path):
    pulled, _ = autumn
    other = tmp_path / "code"
    for name in ("nba_local", "pipelines", "tests"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, other / name, ignore=ignored)
    rules = other / "pipelines" / "rules.py"
    rules.write_text(rules.read_text() + "\nANOTHER = 1\n")
    with Cluster(tmp_path / "cluster", 1, PYTHONPATH=str(other)) as found:
        project = copied(pulled, tmp_path / "data", cluster=found.address)
        with pytest.raises(
            ClusterError, match=r"refused season 2021-22: tables is code \w+ there, code \w+ here"
        ) as told:
            road.backfill(project, [SEASON], [])
    assert "install the code of this machine there" in told.value.hint
    assert not published(project)


@pytest.mark.slow
def test_a_worker_with_another_polars_refuses_and_says_which_to_install(autumn, tmp_path):
    pulled, _ = autumn
    told_first = tmp_path / "other" / "polars-1.99.0.dist-info"
    told_first.mkdir(parents=True)
    (told_first / "METADATA").write_text("Metadata-Version: 2.1\nName: polars\nVersion: 1.99.0\n")
    path = os.pathsep.join([str(told_first.parent), str(ROOT)])
    with Cluster(tmp_path / "cluster", 1, PYTHONPATH=path) as found:
        project = copied(pulled, tmp_path / "data", cluster=found.address)
        with pytest.raises(ClusterError, match=r"polars is 1\.99\.0 there, 2\S+ here") as told:
            road.backfill(project, [SEASON], [])
    assert "uv pip install polars==2" in told.value.hint
    assert not published(project)


@pytest.mark.slow
def test_a_worker_without_our_code_says_so(tmp_path):
    """Whoever starts it has Dask only: an import of ours fails there."""
    hidden = tmp_path / "hidden" / "nba_local"
    hidden.mkdir(parents=True)
    (hidden / "__init__.py").write_text("raise ModuleNotFoundError('No nba_local here')")
    with (
        Cluster(tmp_path / "cluster", 1, PYTHONPATH=str(hidden.parent)) as found,
        Dask(found.address, SOON) as dask,
        pytest.raises(ClusterError, match=r"has no such code \(No nba_local here\)") as told,
    ):
        dask.submit(task("echo")).result(timeout=60)
    assert "uv sync --extra cluster" in told.value.hint


# the caller is interrupted


CALL = [sys.executable, "-m", "nba_local", "backfill", SEASON]


def begin(project, *how: str) -> subprocess.Popen[str]:
    """A backfill whose workers wait: they are stopped."""
    return subprocess.Popen(
        [*CALL, "--data", str(project.store.root), *how],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def is_locked(project) -> bool:
    return any((project.store.root / "staged").rglob("*")) or bool(
        [p for p in project.store.root.glob(".lock*") if p.stat().st_size]
    )


def children(pid: int) -> list[int]:
    """Processes that a process has started."""
    return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()] + [
        int(p)
        for thread in Path(f"/proc/{pid}/task").iterdir()
        if thread.name != str(pid)
        for p in (thread / "children").read_text().split()
    ]


@pytest.mark.slow
@pytest.mark.parametrize("how", ["workers", "cluster"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "kill -9"])
def test_an_interrupted_caller_leaves_no_process_and_a_second_run_ends_it(
    number, how, autumn, cluster, tmp_path
):
    pulled, here = autumn
    project = copied(pulled, tmp_path / "data")
    engine = ("--workers", "2") if how == "workers" else ("--cluster", cluster.address)
    call = begin(project, *engine)
    if how == "workers":
        until(lambda: len(children(call.pid)) == 2)
        workers = children(call.pid)
    else:
        until(lambda: is_locked(project))
        workers = []
    call.send_signal(number)
    out, err = call.communicate(timeout=60)
    if number == signal.SIGINT:
        assert call.returncode == 130, err
        assert "interrupted; what was published stays" in out
    else:
        assert call.returncode == -signal.SIGKILL
    until(lambda: not any(map(is_alive, workers)))
    assert published(project).items() <= here.items(), out
    again = run_cli("backfill", SEASON, "--data", str(project.store.root), *engine)
    assert again.returncode == 0, again.stderr
    assert published(project) == here


# the lab


@pytest.mark.slow
def test_a_trial_has_the_same_figures_on_a_cluster_and_trains_there(seasons, cluster, tmp_path):
    here = lab_project(seasons, tmp_path / "here")
    there = copied(here, tmp_path / "there", cluster=cluster.address)
    file = tmp_path / "idea.py"
    file.write_text(
        '"""Fouls."""\nfrom pipelines.windows import mean\n'
        'FEATURES = (mean("fouls_last_3", "personal_fouls", last=3),)\n'
    )
    asked = Asked(file, (SEASON,))
    one = lab.try_out(here, asked, HOW)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models, "Processes", None)  # no fold is trained here
        other = lab.try_out(there, asked, HOW)
    assert one.found.judged == other.found.judged
    assert one.verdict == other.verdict
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scheduler, "CONNECT", 0.5)
        gone = copied(there, tmp_path / "gone", cluster="tcp://127.0.0.1:9")
        with pytest.raises(ClusterError, match="no Dask scheduler answers"):
            lab.try_out(gone, asked, HOW)
    assert len(lab.entries(gone)) == len(lab.entries(there))
