"""A disk that is full under the lab: the ledger is right afterwards, the trial can be run again."""

from __future__ import annotations

import json
import resource
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from dataclasses import replace

import pytest

from nba_local.commands import lab
from nba_local.errors import DiskFullError, NbaLocalError
from nba_local.lab.results import Asked
from tests.conftest import ROOT
from tests.lab_season import HOW, lab_project
from tests.seasons import project_of

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


# a disk that is really full: a tmpfs of a few megabytes


def on_a_full_disk(data, file, spare):
    """What a trial says in `data`, whose disk has `spare` bytes left, and the trials kept then."""
    project = project_of(data, "file:///nowhere")
    filler = data.parent / "filler"
    free = shutil.disk_usage(data).free
    filler.write_bytes(bytes(max(0, free - spare)))
    try:
        lab.try_out(project, Asked(file, SEASONS), QUICK)
        told = ""
    except NbaLocalError as error:
        told = f"{error} {error.hint}"
    filler.unlink()
    return told, trials(project)


def in_a_mounted_folder(source, disk, file):
    """Try with no room at all, then with more and more, then with room; write what was said."""
    shutil.copytree(source, disk / "data")
    spares = (0, 8_192, 100_000, 2**40)
    said = [on_a_full_disk(disk / "data", file, spare) for spare in spares]
    sys.stdout.write(json.dumps(said))


@pytest.mark.slow
def test_a_disk_without_room_keeps_no_trial_and_one_with_room_does(project, tmp_path):
    """In a namespace of its own, where whoever runs the tests may mount a tmpfs."""
    if not (unshare := shutil.which("unshare")):
        pytest.skip("no `unshare` here, so that no small disk can be mounted")
    file, disk = tmp_path / "steals.py", tmp_path / "disk"
    file.write_text(IDEA)
    disk.mkdir()
    data = project.store.root
    size = sum(path.stat().st_size for path in data.rglob("*") if path.is_file()) + 4_000_000
    mount = f"mount -t tmpfs -o size={size} tmpfs {disk}"
    private = [unshare, "--user", "--map-root-user", "--mount", "sh", "-c"]
    refused = subprocess.run([*private, mount], capture_output=True, text=True, check=False)
    if refused.returncode:
        pytest.skip(f"no small disk can be mounted here: {refused.stderr.strip()}")
    code = (
        "import pathlib, sys; from tests.test_lab_disk import in_a_mounted_folder as it; "
        "it(*map(pathlib.Path, sys.argv[1:]))"
    )
    ran = subprocess.run(
        [*private, f'{mount} && exec "$@"', "sh", sys.executable, "-c", code, data, disk, file],
        capture_output=True, text=True, cwd=ROOT, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    *full, (told, kept) = json.loads(ran.stdout)
    assert full[0][0]
    count = 0
    for message, there in full:
        count += not message or "is kept" in message
        assert len(there) == count
        if message:
            assert "no room for the files of" in message or "is kept" in message
            assert "free some space" in message
    assert (told, len(kept)) == ("", count + 1)
    assert not list(disk.iterdir())  # it was mounted for that process alone
