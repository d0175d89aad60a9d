"""Tasks elsewhere: the same bytes as here, and what is seen and left when workers go."""

from __future__ import annotations

import importlib.util
import json
import os
import pickle
import time
from pathlib import Path

import pytest

from nba_local.cluster import fingerprint
from nba_local.cluster.inline import Inline
from nba_local.cluster.opening import engine
from nba_local.cluster.processes import ATTEMPTS, Processes
from nba_local.cluster.task import Task
from nba_local.cluster.work import registry_here
from nba_local.commands import road
from nba_local.compute.plan import plan
from nba_local.compute.run import backfill
from nba_local.config import load_config
from nba_local.errors import ClusterError, PipelineError, UsageError
from nba_local.tables.calendar import Season
from tests.conftest import ROOT
from tests.small_road import SEASON, Road
from tests.test_kill import contents

HOMES = (ROOT / "pipelines",)


def task(name: str, body: bytes = b"", shared: bytes = b"", **code: str) -> Task:
    made = {**fingerprint.of(fingerprint.COMPUTING, HOMES), **code}
    return Task(name, f"tests.cluster_tasks:{name}", body, made, shared)


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that nobody has waited for yet is over."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def until(happens, seconds: float = 30.0) -> None:
    """Wait for something that has to happen."""
    end = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


# processes


@pytest.fixture(scope="module")
def one():
    """A process that works for all tests that leave it whole."""
    with Processes(1, HOMES) as found:
        yield found


def test_bytes_come_back_and_shared_ones_are_sent_once(one):
    shared = bytes(1 << 20)
    for number in range(3):
        body = b"%d" % number
        assert one.submit(task("echo", body, shared)).result() == body + shared
    assert one.submit(task("echo", b"x")).result() == b"x"


def test_a_worker_starts_as_many_threads_as_it_has_cores(one):
    told = json.loads(one.submit(task("asked")).result())
    cores = str(len(os.sched_getaffinity(0)))
    assert (told["POLARS_MAX_THREADS"], told["OMP_NUM_THREADS"]) == (cores, cores)


def test_an_error_of_ours_is_raised_as_it_was_there(one):
    with pytest.raises(PipelineError, match="returns nothing") as caught:
        one.submit(task("refuses_rows")).result()
    assert caught.value.hint == "write it"
    assert any("on worker" in note for note in caught.value.__notes__)


def test_any_other_error_says_where_it_was_and_keeps_its_traceback(one):
    with pytest.raises(
        ClusterError, match=r"divides failed on worker .*ZeroDivisionError"
    ) as caught:
        one.submit(task("divides")).result()
    assert any("tests/cluster_tasks.py" in note for note in caught.value.__notes__)
    assert one.submit(task("echo", b"still here")).result() == b"still here"


@pytest.mark.parametrize(
    ("code", "says", "todo"),
    [
        ({"polars": "1.0.0"}, "polars is .* there, 1.0.0 here", "uv pip install polars==1.0.0"),
        ({"nba_local": "code 12"}, "nba_local is code .* there, code 12 here", "install the code"),
        ({"lightgbm": "1.2"}, "lightgbm is .* there, 1.2 here", "uv pip install lightgbm==1.2"),
        ({"python": "3.9"}, "python is .* there, 3.9 here", "run it with Python 3.9"),
    ],
)
def test_a_worker_with_other_code_or_libraries_refuses(code, says, todo, one):
    with pytest.raises(ClusterError, match=f"refused echo: {says}; nothing") as caught:
        one.submit(task("echo", **code)).result()
    assert todo in caught.value.hint


def test_a_worker_killed_in_mid_task_is_replaced_and_its_task_done_again(tmp_path):
    with Processes(1, HOMES) as found:
        assert found.submit(task("dies_once", str(tmp_path / "mark").encode())).result() == b"done"


def test_a_task_that_kills_every_worker_is_given_up_and_others_are_done():
    with Processes(2, HOMES) as found:
        lost, kept = found.submit(task("dies")), found.submit(task("echo", b"kept"))
        with pytest.raises(ClusterError, match=f"{ATTEMPTS} worker processes .* exit code 9"):
            lost.result()
        assert kept.result() == b"kept"


def test_what_is_left_early_is_given_up_and_no_process_stays(tmp_path):
    mark = tmp_path / "pid"
    with Processes(1, HOMES) as found:
        under_way = found.submit(task("sleeps", str(mark).encode()))
        waiting = found.submit(task("echo"))
        until(lambda: mark.exists() and mark.read_text())
    for future in (under_way, waiting):
        with pytest.raises(ClusterError, match="given up"):
            future.result(timeout=10)
    assert not is_alive(int(mark.read_text()))


# which engine


@pytest.mark.parametrize("text", ["0", "-1", "two", "1.5", "257", "9" * 30])
def test_a_number_of_workers_is_one_from_1_to_256(text):
    with pytest.raises(UsageError, match="from 1 to 256"):
        engine(text, None, None, HOMES)


@pytest.mark.parametrize("text", ["here:8786", "tcp://here", "http://here:1", "tcp://a b:8786"])
def test_a_cluster_is_named_by_the_address_of_its_scheduler(text):
    with pytest.raises(UsageError, match="not the address of a Dask scheduler"):
        engine(None, text, None, HOMES)


def test_a_cluster_without_dask_says_what_to_install(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ClusterError, match=r"needs dask\[distributed\]; nothing was done") as told:
        engine(None, "tcp://here:8786", None, HOMES)
    assert told.value.hint == "uv sync --extra cluster"
    assert told.value.is_mistake


def test_workers_and_a_cluster_exclude_each_other_but_a_flag_replaces_the_setting(
    monkeypatch, tmp_path
):
    with pytest.raises(UsageError, match="both workers and a cluster"):
        engine("2", "tcp://here:8786", None, HOMES)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NBA_LOCAL_CLUSTER", "tcp://here:8786")
    assert load_config({}).cluster == "tcp://here:8786"
    asked = load_config({"workers": "2"})
    assert (asked.workers, asked.cluster) == ("2", None)


# a backfill


def months(result: bytes) -> dict:
    """The files that a task of a season returned, by table and month."""
    return {name: pickle.loads(made).months for name, made in pickle.loads(result).items()}


@pytest.fixture
def small(tmp_path):
    found = Road(tmp_path)
    found.pull()
    return found


def test_two_processes_publish_the_bytes_of_one(small, tmp_path):
    small.backfill()
    here = contents(tmp_path / "data" / "published")
    other = small.project(data=str(tmp_path / "other"), workers="2")
    road.pull(other, [SEASON], [])
    road.backfill(other, [SEASON], [])
    assert contents(tmp_path / "other" / "published") == here
    assert {Path(name).parts[0] for name in here} == {"form", "rank"}


def test_a_task_needs_nothing_but_its_bytes(small, tmp_path):
    """Its body names no file, and a task that runs twice gives the same rows twice."""
    project = small.project()
    with project.writing("backfill") as work:
        steps = plan(work, work.registry.features, [Season(2021)])
        seen: list[Task] = []

        class Twice(Inline):
            def submit(self, task):
                seen.append(task)
                first = super().submit(task).result()
                again = super().submit(task)
                assert months(again.result()) == months(first)
                return again

        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("NBA_LOCAL_PIPELINES", str(small.package.folder))

            registry_here.cache_clear()
            backfill(work, steps, engine=Twice())
            registry_here.cache_clear()
    assert [one.name for one in seen] == ["season 2021-22"]
    assert str(tmp_path).encode() not in seen[0].body
    assert small.published("rank").height == 60
