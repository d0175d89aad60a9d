"""What broke on machines and by people's hands, each in a small road: a line, and nothing lost."""

from __future__ import annotations

import datetime as dt
import errno
import os
import shutil
import sqlite3
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from nba_local.cli.app import app
from nba_local.commands import pulls, pushes
from nba_local.commands import road as verbs
from nba_local.commands.explain import status
from nba_local.config import Config
from nba_local.errors import (
    DiskFullError,
    LedgerError,
    MissingUpstreamError,
    UsageError,
    WarehouseError,
)
from nba_local.explain.why import why
from nba_local.pull.months import findings
from nba_local.storage.store import connect
from tests.seasons import AUTUMN, copied, project_of
from tests.small_road import DAYS, SEASON, Road, contents, games, mount_to_read


@pytest.fixture
def road(backfilled_road, tmp_path):
    return backfilled_road.copied(tmp_path)


def typed(road, *words, **environment):
    where = ("--data", str(road.data), "--pipelines", str(road.package.folder))
    return CliRunner().invoke(app, [*words, *where], env=environment)


# ledgers


def cut(ledger):
    ledger.write_bytes(ledger.read_bytes()[: ledger.stat().st_size // 2])


def scrambled(ledger):
    content = bytearray(ledger.read_bytes())
    for page in range(2, len(content) // 4096):
        content[page * 4096 : page * 4096 + 200] = bytes(200)
    ledger.write_bytes(content)


def without_a_table(ledger):
    with sqlite3.connect(ledger) as db:
        db.execute("DROP TABLE published_files")
    db.close()


def a_folder(ledger):
    ledger.unlink()
    ledger.mkdir()


@pytest.mark.parametrize("damage", [cut, scrambled, without_a_table, a_folder])
def test_a_damaged_ledger_is_said_to_be_by_every_verb(road, damage):
    damage(road.data / "ledger.sqlite")
    project = road.project()

    def queried():
        with connect(road.data, road.package.folder) as con:
            con.execute("FROM ledger_published_files").fetchall()

    for verb in (
        lambda: status(project, [SEASON]),
        lambda: verbs.check(project, [SEASON], []),
        lambda: pushes.push(project, [SEASON], []),
        queried,
    ):
        with pytest.raises(LedgerError, match=r"ledger\.sqlite"):
            verb()
    assert not (road.root / "target" / "form").exists()


# a folder that may only be read


@pytest.fixture
def read_only(road, monkeypatch):
    mount_to_read(road.data, monkeypatch)
    return road


def test_a_check_reads_and_reports_where_nothing_may_be_written(road, request):
    road.put(games({("ATL", DAYS[2]): -9}))
    road.pull()
    found = verbs.check(road.project(), [SEASON], [])
    assert [(finding.table, finding.date) for finding in found] == [("games", DAYS[2])]
    before = contents(road.data)
    request.getfixturevalue("read_only")
    assert verbs.check(road.project(), [SEASON], []) == found
    said = typed(road, "check", SEASON, NBA_LOCAL_TODAY="2022-07-01")
    assert said.exit_code == 4
    assert f"{road.data} may not be written to: nothing is recorded" in said.output
    assert "games.points_possible does not hold" in said.output
    assert contents(road.data) == before


# targets and sources


def test_a_file_is_no_target(road):
    (road.root / "target").write_text("a note")
    with pytest.raises(WarehouseError, match="target is not a folder; nothing was pushed"):
        pushes.push(road.project(), [SEASON], [])
    below = road.project(target=f"file://{road.root}/target/below")
    with pytest.raises(WarehouseError, match="target is not a folder; nothing was pushed"):
        pushes.push(below, [SEASON], [])


def test_a_pipe_in_the_folder_of_a_table_is_not_waited_for(road):
    os.mkfifo(road.warehouse / "games" / "more.parquet")
    with pytest.raises(WarehouseError, match=r"games/more\.parquet is neither a file nor a folder"):
        road.pull()


def test_columns_in_capitals_are_called_what_they_are(road):
    road.put(games().rename(str.upper))
    with pytest.raises(Exception, match="column `day` is called `DAY`"):
        road.pull()


def test_a_month_that_nobody_stored_is_to_be_moved_away(road):
    (month,) = list((road.data / "raw" / "games" / "season=2021").glob("2021-11.parquet"))
    shutil.copy(month, month.with_name("2021-10.parquet"))
    with pytest.raises(LedgerError) as refused:
        road.backfill()
    assert refused.value.hint.startswith("move it out of the data folder")


def test_a_file_that_changes_while_it_is_read_is_named(road, monkeypatch):
    def panics(*_):
        raise pl.exceptions.PanicException("called `Result::unwrap()` on an `Err` value")

    monkeypatch.setattr("nba_local.warehouse.files.scan", panics)
    road.put(games({("ATL", DAYS[2]): 9}))
    with pytest.raises(WarehouseError, match=r"games/season=2021\.parquet cannot be read"):
        road.pull()
    monkeypatch.undo()
    road.pull()


# clocks


def test_a_clock_that_is_behind_what_was_played_is_refused(seasons, monkeypatch, tmp_path):
    project = seasons.backfilled(AUTUMN)
    assert not verbs.plan(project, [SEASON], []).due
    monkeypatch.setattr(Config, "date", property(lambda _: dt.date(2021, 11, 20)))
    behind = project_of(project.store.root)
    with pytest.raises(UsageError, match="the clock says 2021-11-20, but games of 2021-12-") as at:
        verbs.plan(behind, [SEASON], [])
    assert "--today 2021-12-" in at.value.hint
    with pytest.raises(UsageError, match="nothing was done"):
        verbs.backfill(copied(behind, tmp_path / "data"), [SEASON], [])
    meant = project_of(project.store.root, today="2021-11-20")
    assert verbs.plan(meant, [SEASON], []).due


def test_a_season_whose_only_pull_was_undone_was_never_pulled(tmp_path):
    road = Road(tmp_path)
    road.pull()
    pulls.pull_undo(road.project())
    with pytest.raises(MissingUpstreamError, match=f"games of {SEASON} was never pulled"):
        road.backfill()


# words that contradict each other


def test_stale_dates_are_kept_or_overwritten(road):
    target = ("--to", f"file://{road.root}/target", "--yes")
    said = typed(road, "push", SEASON, *target, "--keep-stale", "--overwrite-stale")
    assert said.exit_code == 2
    assert "--keep-stale and --overwrite-stale exclude each other" in said.output
    assert not (road.root / "target").exists()


def test_a_rollback_where_no_push_took_effect_says_what_to_type(road):
    with pytest.raises(UsageError, match="none of this data folder took effect") as refused:
        pushes.rollback(road.project(), "push-ffffffffffff")
    assert refused.value.hint.startswith("nba-local runs")


# what is said of what arrived


def test_a_pull_names_what_is_doubtful(road):
    claim = "-- A team scores.\n-- severity: warn\nSELECT team, day FROM games WHERE points = 0\n"
    (road.package.folder / "games" / "checks" / "teams_score.sql").write_text(claim)
    road.put(games({("ATL", DAYS[2]): 0, ("BOS", DAYS[3]): 0}))
    said = typed(road, "pull", "--season", SEASON, "--warehouse", f"file://{road.warehouse}")
    assert said.exit_code == 0
    assert "warn: does not hold: games.teams_score (2 dates); nba-local check" in said.output


def test_a_key_that_is_blank_is_as_none(road):
    blank = games().with_columns(
        team=pl.when((pl.col("team") == "ATL") & (pl.col("day") == DAYS[4]))
        .then(pl.lit(" "))
        .otherwise("team")
    )
    table = road.project().registry.table("games")
    assert findings(table, games()) == ()
    (found,) = findings(table, blank)
    assert (found.date, found.claim, found.rows) == (DAYS[4], "required_is_null", 1)


def test_a_check_says_of_a_held_date_why_it_is_held_and_nothing_of_its_rows(tmp_path):
    claim = "SELECT team, day FROM form JOIN games USING (team, day) WHERE points < 0"
    road = Road(tmp_path, means_follow=f"-- Means follow.\n-- severity: block\n{claim}\n")
    road.pull()
    road.backfill()
    road.put(games({("ATL", DAYS[2]): -9}))
    road.pull()
    road.backfill()
    found = verbs.check(road.project(), [SEASON], [])
    assert [(finding.table, finding.claim) for finding in found] == [("games", "points_possible")]
    with road.project().reading() as work:
        held = why(work, road.project().registry.table("form"), DAYS[2])
    assert (held.trace.cause.table, held.trace.cause.what) == ("games", "points_possible")


# a part of a folder that may only be read, another disk that is full


@pytest.mark.parametrize("layer", ["raw", "published"])
@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES])
def test_a_part_of_the_data_folder_that_may_only_be_read_is_named(road, monkeypatch, layer, number):
    road.put(games({("ATL", DAYS[2]): 9}))
    if layer == "published":
        road.pull()
    replace = Path.replace

    def refuses(self, target):
        if Path(target).is_relative_to(road.data / layer):
            raise OSError(number, os.strerror(number), str(target))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", refuses)
    with pytest.raises(LedgerError, match=rf"/{layer}/.* may not be written to; the (pull|back)"):
        road.pull() if layer == "raw" else road.backfill()
    monkeypatch.undo()
    road.pull()
    road.backfill()
    assert road.published("form").filter(pl.col("mean") % 1 != 0).height == 0
    assert road.backfill().steps == ()


def test_a_full_target_is_named_and_not_the_data_folder(road, monkeypatch):
    replace = Path.replace

    def refuses(self, target):
        if Path(target).is_relative_to(road.root / "target"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", refuses)
    with pytest.raises(DiskFullError, match=rf"no room for the files of {road.root}/target"):
        pushes.push(road.project(), [SEASON], [])
    monkeypatch.undo()
    pushes.push(road.project(), [SEASON], [])
    assert (road.root / "target" / "form" / "season=2021.parquet").is_file()
