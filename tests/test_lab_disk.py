"""A disk that is full under the lab: the ledger is right afterwards, the trial can be run again."""

from __future__ import annotations

import resource
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import replace

import pytest

from nba_local.commands import lab
from nba_local.errors import DiskFullError
from nba_local.lab.results import Asked
from tests.lab_season import HOW, lab_project

SEASONS = ("2021-22",)
QUICK = replace(HOW, model=replace(HOW.model, rounds=4))
IDEA = '''"""Who steals."""

from pipelines.windows import mean

FEATURES = (mean("steals_last_3", "steals", last=3),)
'''


@pytest.fixture
def project(seasons, tmp_path):
    return lab_project(seasons, tmp_path)


@contextmanager
def files_of_at_most(size):
    """No file of this process, or of one it starts, may grow beyond `size` bytes."""
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, usual[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)


def trials(project):
    """The trials that are kept, in a ledger that SQLite finds whole."""
    path = project.store.root / "lab" / "ledger.sqlite"
    if path.is_file():
        with closing(sqlite3.connect(path)) as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert not db.execute("PRAGMA foreign_key_check").fetchall()
            losses = db.execute("SELECT DISTINCT trial FROM losses").fetchall()
        assert {trial for (trial,) in losses} <= {one.trial for one in lab.entries(project)}
    return [one.trial for one in lab.entries(project)]


def until_the_ledger_grows(tried):
    """Forecasts are read by now; a trial is written into pages that the file has, then beyond."""
    for _ in range(50):
        tried()


@pytest.mark.slow
def test_no_room_for_matrix_forecasts_or_ledger_keeps_no_trial(project, tmp_path):
    """First nothing fits; then the matrix is there; then all is but the ledger must grow."""
    file = tmp_path / "steals.py"
    file.write_text(IDEA)
    asked = Asked(file, SEASONS)
    folder = project.store.root / "lab"
    with files_of_at_most(4_096), pytest.raises(DiskFullError, match="no room"):
        lab.try_out(project, asked, QUICK)
    assert not list(folder.glob("matrix/*.parquet"))
    lab.export(project, SEASONS, "", tmp_path / "matrix.parquet")
    with files_of_at_most(20_000), pytest.raises(DiskFullError, match="no room"):
        lab.try_out(project, asked, QUICK)
    assert list(folder.glob("matrix/*.parquet"))
    assert not list(folder.glob("forecasts/*.parquet"))
    assert trials(project) == []
    first = lab.try_out(project, asked, QUICK)
    assert trials(project) == [first.number]

    full = (folder / "ledger.sqlite").stat().st_size
    with files_of_at_most(full), pytest.raises(DiskFullError, match="no room"):
        until_the_ledger_grows(lambda: lab.try_out(project, asked, QUICK))
    kept = trials(project)
    again = lab.try_out(project, asked, QUICK)
    assert trials(project) == [*kept, again.number]
    assert again.found.judged == first.found.judged
