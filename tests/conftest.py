"""Fixtures that several test files share."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nba_local.commands.road import Setup, set_up
from nba_local.config import Config
from tests.bigquery_server.fixture import bigquery_server  # noqa: F401

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"


LONGEST = ("test_push", "test_pull", "test_kill", "test_bigquery_road", "test_page")
"""Files that take minutes: begun first, so that no core waits for one of them at the end."""


def pytest_collection_modifyitems(items):
    """The longest files first; the order within a file stays."""
    items.sort(key=lambda item: item.path.stem not in LONGEST)


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


def setup_of(data: Path, warehouse: str | None = None, **config: str) -> Setup:
    """A setup on the project's own tables."""
    rules = config.pop("rules", None)
    return set_up(
        Config(
            data=str(data),
            warehouse=warehouse,
            rules=rules,
            pipelines=str(ROOT / "pipelines"),
            **config,
        )
    )


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
def real_season(shared, tmp_path_factory) -> Setup:
    """2021-22 of the real tables, pulled and backfilled with the default rules. Read only."""
    from nba_local.commands import road as commands

    setup = setup_of(tmp_path_factory.mktemp("real"), f"file://{shared}/phase3")
    commands.pull(setup, ["2021-22"], [])
    commands.backfill(setup, ["2021-22"], [])
    return setup


@pytest.fixture(scope="session")
def production_season(shared, tmp_path_factory) -> Setup:
    """The same with the rules of production."""
    from nba_local.commands import road as commands

    data = tmp_path_factory.mktemp("production")
    setup = setup_of(data, f"file://{shared}/phase3", rules="production")
    commands.pull(setup, ["2021-22"], [])
    commands.backfill(setup, ["2021-22"], [])
    return setup
