"""Fixtures that several test files share."""

from __future__ import annotations

import compileall
import functools
import gc
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer import testing

from nba_local.tables import packages
from tests.bigquery_server.fixture import bigquery_server  # noqa: F401
from tests.seasons import FIVE_WEEKS, Seasons, project_of  # noqa: F401 - many tests import it from here
from tests.seasons import seasons as seasons_of
from tests.small_road import Road

if TYPE_CHECKING:
    from nba_local.commands.project import Project

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"


LONGEST = (
    *("test_push", "test_push_requests", "test_lab", "test_why", "test_bigquery", "test_page"),
    *("test_demo", "test_every_table", "test_flow", "test_lab_bad_files", "test_new_table"),
    *("test_faults", "test_schema_diff", "test_bigquery_sources", "test_kill", "test_mutations"),
    *("test_lab_variants", "test_cluster_dask", "test_states", "test_pull", "test_run_options"),
    *("test_terminals", "test_interrupts", "test_progress", "test_line_features"),
)
"""Files that take longest: begun first, so that no core waits for one of them at the end."""


WRITES_BYTECODE = not sys.dont_write_bytecode
sys.dont_write_bytecode = False  # of the tests themselves, where PYTHONDONTWRITEBYTECODE is set too


def pytest_sessionstart():
    """Every command that a test starts would compile the engine again where nothing is kept."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        for folder in ("nba_local", "pipelines"):
            compileall.compile_dir(ROOT / folder, quiet=1)


def pytest_collection_finish():
    """Tests write tables to be imported, and write them again: of those nothing is kept."""
    sys.dont_write_bytecode = not WRITES_BYTECODE
    gc.freeze()  # some thousand tests and all modules: nothing of them becomes garbage


def pytest_collection_modifyitems(items):
    """The longest files first; the order within a file stays."""
    place = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.stem, len(place)))


@pytest.fixture(scope="session", autouse=True)
def read_once():
    """The project's own tables and commands are read once; neither changes while tests run."""
    with pytest.MonkeyPatch.context() as patched:
        own, load = (ROOT / "pipelines").resolve(), packages.load_registry
        kept = functools.cache(load)

        def read(*folders):
            is_own = [folder.resolve() for folder in folders] == [own]
            return kept(own) if is_own else load(*folders)

        patched.setattr(packages, "load_registry", read)
        patched.setattr(testing, "_get_command", functools.cache(testing._get_command))
        yield


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch):
    """No variable of ours leaks into a test, and no .env of the developer is read."""
    for name in list(os.environ):
        if name.startswith("NBA_LOCAL_"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real Phase 3 tables and golden rows beside the project."""
    if not (SHARED / "phase3").is_dir():
        pytest.skip("the real Phase 3 tables (../shared) are not on this machine")
    return SHARED


def slow(*values):
    """A case of a parametrized test that is one more of its kind: `just test-all` runs it."""
    return pytest.param(*values, marks=pytest.mark.slow)


def run_cli(*arguments: str, cwd: Path = ROOT, env: dict[str, str] | None = None):
    """`nba-local` as a user types it, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "nba_local", *arguments],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture(scope="session")
def seasons(tmp_path_factory) -> Seasons:
    """Seasons that are made once for all test processes."""
    return seasons_of(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="session")
def backfilled_road(tmp_path_factory) -> Road:
    """A small road that was pulled and backfilled, to be copied."""
    made = Road(tmp_path_factory.mktemp("road"))
    made.pull()
    made.backfill()
    return made


@pytest.fixture(scope="session")
def real_season(shared, seasons) -> Project:
    """2021-22 of the real tables, pulled and backfilled with the default rules. Read only."""
    return seasons.real(shared)


@pytest.fixture(scope="session")
def real_weeks(shared, seasons) -> Project:
    """The same up to 5 December: five weeks of rows, 14 days of bootstrap. Read only."""
    return seasons.real(shared, until=FIVE_WEEKS)


@pytest.fixture(scope="session")
def production_season(shared, seasons) -> Project:
    """The same with the rules of production."""
    return seasons.real(shared, "production")
