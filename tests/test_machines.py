"""Data folders on other machines: read only, on two disks, of users without a name, full."""

from __future__ import annotations

import errno
import getpass
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import filelock
import polars as pl
import pytest

from nba_local.commands.explain import status
from nba_local.commands.road import backfill, plan, pull
from nba_local.errors import AlteredFileError, DiskFullError, LedgerError
from nba_local.page import server as page
from nba_local.storage import ledger as ledgers
from nba_local.storage import lock
from nba_local.storage.disk import room
from nba_local.storage.store import connect
from nba_local.tables.calendar import Season
from tests.conftest import slow
from tests.small_road import DAYS, SEASON, Road, contents, games, mount_to_read


@pytest.fixture
def road(backfilled_road, tmp_path):
    return backfilled_road.copied(tmp_path)


@pytest.mark.parametrize("error", [OSError("no such uid"), KeyError("uid not found")])
def test_a_user_without_a_name_is_told_by_number(monkeypatch, error):
    def nobody():
        raise error

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert lock.me("pull")["user"] == f"uid {os.getuid()}"


# read only


@pytest.fixture
def read_only(road, monkeypatch):
    mount_to_read(road.data, monkeypatch)
    return road


def writers_open(monkeypatch):
    """From here on SQLite must not be asked for a connection that writes."""
    connected = sqlite3.connect

    def connects(path, **options):
        assert "mode=ro" in str(path)
        return connected(path, **options)

    monkeypatch.setattr(ledgers.sqlite3, "connect", connects)


def test_every_reading_verb_works_where_nothing_may_be_written(read_only, monkeypatch):
    writers_open(monkeypatch)
    before = contents(read_only.data)
    project = read_only.project()
    assert not plan(project, [SEASON], []).due
    assert status(project, [SEASON])
    with connect(read_only.data, read_only.package.folder) as con:
        assert con.execute("SELECT count(*) FROM form").fetchall() == [(len(games()),)]
    assert read_only.published("form").height == len(games())
    assert contents(read_only.data) == before


def test_a_ledger_that_was_not_closed_is_read_with_what_was_written_last(read_only, monkeypatch):
    held = sqlite3.connect(read_only.data / "ledger.sqlite", isolation_level=None)
    held.execute("INSERT INTO meta VALUES ('written', 'last')")  # lies in the -wal file
    writers_open(monkeypatch)
    with read_only.project().reading() as work:
        assert work.ledger.meta("written") == "last"
    held.close()


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM, errno.EROFS])
@pytest.mark.parametrize("where", ["mkdir", "lock"])
def test_a_writer_says_so_in_a_line(road, monkeypatch, where, number):
    def refuses(*_, **__):
        raise OSError(number, os.strerror(number))

    if where == "mkdir":
        monkeypatch.setattr(Path, "mkdir", refuses)
    else:
        monkeypatch.setattr(filelock.FileLock, "acquire", refuses)
    with pytest.raises(LedgerError) as refused, road.project().writing("pull"):
        pytest.fail("it was written to")
    assert refused.value.message == f"{road.data} may not be written to; nothing was done"


# two disks


def test_what_lies_on_another_disk_is_copied_beside_and_renamed(road, monkeypatch):
    replace = Path.replace

    def across(self, target):
        if (".staged" in str(self) or "/staged/" in str(self)) and "/published/" in str(target):
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", across)
    road.put(games({("ATL", DAYS[2]): 9}))
    road.pull()
    before = road.published("form")
    road.backfill()
    assert not road.published("form").equals(before)
    assert road.backfill().steps == ()
    assert not list(road.data.rglob(".tmp-*"))


@pytest.mark.parametrize("part", [slow("staged"), "published", slow("raw")])
def test_a_part_of_the_folder_may_be_a_link(tmp_path, part):
    road = Road(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    road.data.mkdir()
    (road.data / part).symlink_to(other, target_is_directory=True)
    for _ in range(2):
        road.pull()
        road.backfill(force=True)
    assert road.published("form").height == len(games())
    assert (road.data / part).is_symlink()


def test_a_file_system_without_hard_links_gets_copies(tmp_path, monkeypatch):
    def none(*_):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", none)
    road = Road(tmp_path)
    road.pull()
    road.backfill()
    assert road.backfill().steps == ()
    rows = pl.read_parquet(f"{road.data}/published/form/*/*.parquet", hive_partitioning=False)
    assert rows.height == len(games())


# names


@pytest.mark.parametrize("name", ["data [1]", *map(slow, ("da*ta", "da?ta", "{a,b}", "it's"))])
def test_a_folder_may_have_any_name(tmp_path, name):
    road = Road(tmp_path)
    road.data = tmp_path / name
    road.pull()
    road.backfill()
    road.put(games({("ATL", DAYS[2]): -9}))
    road.pull()
    road.backfill()
    road.backfill(force=True)
    assert road.published("form").height == len(games())
    with connect(road.data, road.package.folder) as con:
        assert con.execute("SELECT count(*) FROM form").fetchall() == [(len(games()),)]
    quarantined = road.data / "quarantine/games/season=2021/points_possible.parquet"
    assert pl.read_parquet(quarantined, glob=False).height == 1
    quarantined.write_bytes(b"PAR1")
    with pytest.raises(AlteredFileError, match=r"points_possible\.parquet cannot be read"):
        connect(road.data, road.package.folder, "FROM quarantine_games")


# full


@pytest.mark.parametrize(
    "error",
    [
        pl.exceptions.ComputeError("No space left on device"),
        pl.exceptions.ComputeError("cannot write: (os error 28)"),
        OSError(errno.ENOSPC, "No space left on device"),
    ],
)
def test_a_full_disk_is_told_as_one_whoever_met_it(road, monkeypatch, error):
    def full(*_, **__):
        raise error

    road.put(games({("ATL", DAYS[2]): 9}))
    road.pull()
    monkeypatch.setattr(pl, "collect_all", full)
    with pytest.raises(DiskFullError, match="no room"):
        backfill(road.project(), [SEASON], [])
    with pytest.raises(DiskFullError), room(road.data, "pull"):
        raise error


def test_a_limit_of_the_size_of_files_is_named(tmp_path):
    script = (
        "import resource, pathlib; from nba_local.storage.disk import room\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (9_000, 9_000))\n"
        "with room(pathlib.Path(), 'pull'):\n"
        "    pathlib.Path('rows').write_bytes(bytes(9_001))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "bytes free now, and no file may be larger than 9,000); the pull stopped" in done.stderr


def test_a_ledger_of_an_older_version_is_read_where_it_may_not_be_written(read_only):
    path = read_only.data / "ledger.sqlite"
    newer, older = sqlite3.connect(path), sqlite3.connect(read_only.root / "older.sqlite")
    for statement in ";\n".join(ledgers.VERSIONS[:5]).split(";\n"):
        older.execute(statement)
    older.execute("PRAGMA user_version = 5")
    names = older.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
    for (name,) in names:
        number = len(older.execute(f"PRAGMA table_info({name})").fetchall())
        # later versions give columns other names and add some at the end
        rows = [row[:number] for row in newer.execute(f"SELECT * FROM {name}").fetchall()]
        older.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * number)})", rows)
    older.commit()
    for db in (newer, older):
        db.close()
    (read_only.root / "older.sqlite").replace(path)
    assert [s.reasons for s in plan(read_only.project(), [SEASON], []).steps] == [(), ()]
    assert read_only.published("form").height == len(games())


def test_season_and_pull_are_as_ever_in_a_copied_folder(road):
    copy = road.root / "copy"
    shutil.copytree(road.data, copy)
    project = road.project(data=str(copy))
    assert pull(project, [SEASON], []).tables[0].changed == ()
    table = project.registry.table("form")
    rows = project.store.read("published", table, [Season(2021)])
    assert rows.height == len(games())


WITHOUT_ASSERTS = """
import sys
from typer.testing import CliRunner
from nba_local.cli.app import app
assert False, "asserts are off"
for words in sys.argv[1:]:
    done = CliRunner().invoke(app, words.split("|"))
    if done.exit_code:
        sys.exit(f"{words} ended with {done.exit_code} {done.exception!r}: {done.output}")
"""


@pytest.mark.slow
def test_every_verb_works_without_asserts_and_docstrings(road):
    """`-OO` strips both: nothing may be decided or said by them."""
    here = f"--data={road.root / 'plain'}|--pipelines={road.package.folder}"
    there = f"--to=file://{road.root}/target"
    (road.package.folder / "form" / "oracle.sql").write_text(
        "SELECT team, day, sum(points::DOUBLE) OVER (PARTITION BY team ORDER BY day) AS mean "
        "FROM games"
    )
    verbs = [
        *(f"backfill|{SEASON}|{here}", f"check|{SEASON}|--oracle|--tables=form|{here}"),
        *(f"push|{SEASON}|--yes|{there}|{here}", f"verify|{SEASON}|{there}|{here}"),
        *(f"coverage|{SEASON}|{here}", f"why|form|{DAYS[3]}|{here}", f"status|{here}"),
        *(f"plan|{here}", f"history|{here}"),
    ]
    slim = [sys.executable, "-OO"]
    pulled = [*slim, "-m", "nba_local", "pull", SEASON, f"--warehouse=file://{road.warehouse}"]
    for command in ([*pulled, *here.split("|")], [*slim, "-c", WITHOUT_ASSERTS, *verbs]):
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
        assert done.returncode == 0, done.stderr
    before = {p.relative_to(road.data): p.read_bytes() for p in road.data.rglob("form/*/*.parquet")}
    assert before
    assert all((road.root / "plain" / name).read_bytes() == b for name, b in before.items())


def test_the_page_of_a_folder_that_may_only_be_read_sees_what_others_write(road, monkeypatch):
    """Where SQLite may not make its files beside the ledger, it takes it for one that is closed."""
    path, connected = road.data / "ledger.sqlite", sqlite3.connect
    monkeypatch.setattr(ledgers, "may_write", lambda _: False)
    monkeypatch.setattr(page, "may_write", lambda _: False)

    class Refusing(sqlite3.Connection):
        def execute(self, *_):
            raise sqlite3.OperationalError("attempt to write a readonly database")

    def connects(name, **options):
        kind = sqlite3.Connection if "immutable" in str(name) else Refusing
        return connected(name, factory=kind, **options)

    monkeypatch.setattr(ledgers.sqlite3, "connect", connects)
    watch = page.Watch(path)
    first = watch.version()
    assert watch.version() == first
    other = connected(path)
    other.execute("INSERT INTO meta VALUES ('written', 'by another')")
    other.commit()
    other.close()
    assert watch.version() != first
    watch.close()
