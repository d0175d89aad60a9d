"""The five ways in which dates of November 2021 went missing, each of them made, and explained."""

from __future__ import annotations

import datetime as dt
import os
import pty
import re
import shutil
import subprocess
import sys

import polars as pl
import pytest

from nba_local.commands import explain, pushes, road
from nba_local.compute import run
from nba_local.errors import UsageError
from nba_local.explain import states
from tests.cli.typed import document, nba
from tests.conftest import project_of, slow
from tests.seasons import FIVE_WEEKS as UNTIL
from tests.seasons import copied
from tests.test_states import (
    FEATURES,
    MLFS,
    PCF,
    PDC,
    PGS,
    PSZA,
    SOURCES,
    TDGS,
    TDZA,
    UPGC,
    UTGC,
)

SCHEDULE = "nbac_schedule"


def day(number, month=11):
    return dt.date(2021, month, number)


@pytest.fixture(scope="module")
def season_of(shared, tmp_path_factory):
    """A maker of data folders: the season up to 5 December, with tables changed on the way in."""

    def make(rules=None, tables=(), **changed):
        folder = tmp_path_factory.mktemp("november")
        for name in (SCHEDULE, *SOURCES):
            rows = pl.read_parquet(shared / "phase3" / name / "season=2021.parquet")
            rows = rows.filter(pl.col("game_date") <= UNTIL)
            if name in changed:
                rows = changed[name](rows)
            (folder / "warehouse" / name).mkdir(parents=True)
            rows.write_parquet(folder / "warehouse" / name / "season=2021.parquet")
        project = project_of(folder / "data", f"file://{folder}/warehouse", rules=rules)
        road.pull(project, ["2021-22"], [])
        road.backfill(project, ["2021-22"], list(tables))
        return project

    return make


@pytest.fixture(scope="module")
def clean(seasons, shared):
    return seasons.real(shared, until=UNTIL)


@pytest.fixture
def ours(clean, tmp_path):
    """The same, which may be written to."""
    return copied(clean, tmp_path / "data")


@pytest.fixture
def altered(ours, tmp_path):
    """Alters a table in a warehouse of its own, and pulls it from there."""

    def alter(table, change):
        warehouse = tmp_path / "warehouse"
        shutil.copytree(ours.config.warehouse.removeprefix("file://"), warehouse)
        file = warehouse / table / "season=2021.parquet"
        change(pl.read_parquet(file)).write_parquet(file)
        project = project_of(ours.store.root, f"file://{warehouse}")
        road.pull(project, ["2021-22"], [table])
        return project

    return alter


LOST = ("ATL", "BOS", "CHA", "CHI", "DEN", "GSW", "LAL", "MIA")


@pytest.fixture(scope="module")
def broken(season_of):
    """Five defects in tables or on dates of their own; on 9 November no contexts of players."""
    date, team = pl.col("game_date"), pl.col("team_abbr")
    jokic = (pl.col("player_lookup") == "nikolajokic") & (date == day(1, 12))

    def contexts(rows):
        rows = rows.filter(date != day(9))
        rows = rows.filter((date != day(12)) | ~team.is_in(LOST))
        return rows.filter((date != day(19)) | (team != "LAL"))

    def points(rows):
        wrong = pl.when(jokic).then(10**7).otherwise("points")
        return rows.with_columns(wrong.alias("points"))

    def defenses(rows):
        return rows.filter(pl.col("defending_team_abbr") != "SAC")

    return season_of(**{UPGC: contexts, PGS: points, TDGS: defenses})


def chain(found):
    """The tables of an explanation from the one that was asked to the root, each once."""
    return list(dict.fromkeys(link.table for link in found.trace.links))


# 1: bootstrap


@pytest.mark.parametrize("table", FEATURES)
def test_the_first_days_are_bootstrap_and_nothing_to_mend(table, clean):
    found = explain.why(clean, table, "2021-11-01", "")
    assert (found.cell.state, found.trace) == (states.BOOTSTRAP, None)
    assert "bootstrap" in found.said
    after = explain.why(clean, table, "2021-11-02", "")
    assert after.cell.state == states.OK


def test_thanksgiving_has_no_games(clean):
    found = explain.why(clean, MLFS, "2021-11-25", "lebronjames")
    assert (found.cell.state, found.trace) == (states.NO_GAMES, None)


# 2: upstream incomplete


def test_a_date_that_the_warehouse_does_not_have_is_named_with_its_pull(broken):
    project = broken
    for table in (PDC, PCF):
        found = explain.why(project, table, "2021-11-09", "")
        assert (found.cell.state, found.cell.detail) == (states.MISSING, UPGC)
        assert chain(found) == [table, UPGC]
        assert (found.trace.cause.kind, found.trace.cause.table) == ("no_rows", UPGC)
        assert "found none in file://" in found.trace.links[-1].said
        assert found.trace.cause.run == ("nba-local pull 2021-22", "nba-local backfill 2021-22")
    (one,) = explain.coverage(project, ["2021-11-09"])
    (gap,) = [gap for gap in one.gaps if gap.is_gap and day(9) in gap.dates.get(UPGC, ())]
    assert gap.dates == dict.fromkeys((UPGC, PDC, PCF, MLFS), (day(9),))


def test_a_date_with_half_its_players_is_not_there(broken):
    found = explain.why(broken, PDC, "2021-11-12", "")
    assert found.cell.state == states.INCOMPLETE
    assert found.cell.found < found.cell.expected
    assert (found.trace.cause.kind, found.trace.cause.table) == ("lacks", UPGC)
    source = explain.why(broken, UPGC, "2021-11-12", "").cell
    assert (source.state, source.unit) == (states.INCOMPLETE, "teams")
    played = source.expected - source.found
    assert found.trace.cause.what == f"ATL, BOS, CHA, CHI, DEN, GSW and {played - 6} more"


# 3: wrong flag: the checks of a live run in a backfill


@pytest.mark.slow
def test_rows_that_were_dropped_by_enforced_checks_are_blamed_on_them(season_of, altered):
    def lost(rows):
        return rows.filter(~pl.col("game_date").is_in([day(26), day(27), day(28)]))

    project = season_of("production", [PSZA], **{PGS: lost})
    found = explain.why(project, PSZA, "2021-12-01", "")
    assert found.cell.state == states.INCOMPLETE
    assert found.cell.lacking["incomplete_data"] > 20
    assert found.trace.cause.kind == "dropped"
    assert "outside backfill mode" in found.trace.cause.text
    with project.reading() as work:
        (name,) = work.ledger.rows(
            "SELECT entity FROM non_rows WHERE table_name = ? AND date = '2021-12-01' "
            "AND reason = 'incomplete_data' ORDER BY entity LIMIT 1",
            (PSZA,),
        )[0]
    assert explain.why(project, PSZA, "2021-12-01", name).trace.cause.kind == "dropped"
    kept = altered(PGS, lost)  # the same rows, flagged
    road.backfill(kept, ["2021-22"], [PSZA])
    again = explain.why(kept, PSZA, "2021-12-01", "")
    assert again.cell.rows > found.cell.rows
    assert "incomplete_data" not in again.cell.lacking


# 4: the cascade of is_production_ready = false


def test_a_cascade_of_rows_that_are_not_ready_ends_at_the_source(altered):
    def unready(rows):
        here = pl.col("game_date").is_in([day(29), day(30)])
        return rows.with_columns(is_production_ready=pl.col("is_production_ready") & ~here)

    project = altered(UTGC, unready)
    road.backfill(project, ["2021-22"], [])
    for date in ("2021-11-29", "2021-11-30"):
        for table, way in ((PCF, [PCF, UTGC]), (MLFS, [MLFS, PCF, UTGC])):
            found = explain.why(project, table, date, "")
            assert found.cell.state == states.INCOMPLETE
            assert found.cell.detail == f"0 of {found.cell.rows} rows ready"
            assert chain(found) == way
            assert found.trace.cause.what == "rows_are_production_ready"
    player = explain.why(project, MLFS, "2021-11-30", "anthonydavis")
    assert chain(player) == [MLFS, PCF, UTGC]
    assert player.trace.cause.what == "rows_are_production_ready"
    assert explain.why(project, MLFS, "2021-11-28", "").cell.state == states.OK


# 5: one team missing


def test_one_team_without_rows_is_found_behind_a_player(broken):
    """Anthony Davis plays in Sacramento on 30 November, whose defense nobody knows."""
    date = explain.why(broken, TDZA, "2021-11-30", "")
    assert (date.cell.state, date.cell.detail) == (states.INCOMPLETE, "29 of 30 teams")
    assert (date.trace.cause.kind, date.trace.cause.what) == ("lacks", "SAC")
    found = explain.why(broken, MLFS, "2021-11-30", "anthonydavis")
    assert "upstream_team_defense_zone_incomplete" in found.said
    assert chain(found) == [MLFS, TDZA, TDGS]
    links = {link.table: link for link in found.trace.links}
    assert (links[TDZA].entity, links[TDZA].date) == ("SAC", day(30))
    assert links[TDGS].date < day(30)
    assert (found.trace.cause.table, found.trace.cause.what) == (TDGS, "SAC")
    other = explain.why(broken, MLFS, "2021-11-30", "stephencurry")
    assert other.said == "the row is there, and ready; the date is warned (defaults_are_rare)"
    assert (other.trace.cause.table, other.trace.cause.what) == (TDGS, "SAC")


# entities


def test_a_player_with_too_few_games_needs_no_mending(clean):
    with clean.reading() as work:
        name, detail = work.ledger.rows(
            "SELECT entity, detail FROM non_rows WHERE table_name = ? AND date = '2021-12-01' "
            "AND reason = 'insufficient_history' ORDER BY entity LIMIT 1",
            (PDC,),
        )[0]
    found = explain.why(clean, PDC, "2021-12-01", name)
    assert found.said == f"no row: insufficient_history ({detail})"
    assert found.trace is None


def test_a_team_is_missed_where_its_players_are_not_listed(broken):
    for asked in ("lebronjames", "anthonydavis"):
        found = explain.why(broken, PDC, "2021-11-19", asked)
        assert found.said.startswith("no row")
        assert (found.trace.cause.table, found.trace.cause.what) == (UPGC, "LAL")


def test_a_box_score_that_is_set_aside_is_blamed_on_its_claim(broken):
    """10,000,000 points of one player: what lacks his game names the cell, not his absence."""
    jokic, wrong = "nikolajokic", day(1, 12)
    for table, date in ((MLFS, wrong), (PDC, day(4, 12)), (MLFS, day(4, 12))):
        found = explain.why(broken, table, date.isoformat(), jokic)
        assert (found.trace.cause.table, found.trace.cause.what) == (PGS, "numbers_are_possible")
        assert found.trace.links[-1].date == wrong
    mate = explain.why(broken, PDC, day(4, 12).isoformat(), "montemorris")
    assert mate.said == "the row is there, and ready"


def test_who_does_not_play_is_not_missed(clean):
    found = explain.why(clean, PDC, "2021-11-18", "lebronjames")  # LAL played on the 17th and 19th
    assert found.said.startswith("no row, and none is due")
    assert found.trace is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((PDC, "2021-11-18", "lebronjmes"), "did you mean `lebronjames`"),
        ((PDC, "2022-01-18", ""), "is not a date of 2021-22, which has 2021-10-19 to 2021-12-05"),
        ((PDC, "2021-22", ""), "is not one date"),
        (("player_daily_cach", "2021-11-18", ""), "did you mean `player_daily_cache`"),
    ],
)
def test_a_question_that_has_no_answer_is_refused(arguments, message, clean):
    with pytest.raises(UsageError, match=message):
        explain.why(clean, *arguments)


# not yet done, not any more as it was, pushed or not


@pytest.mark.slow
def test_what_was_never_computed_and_never_pulled_says_so(clean, tmp_path):
    project = project_of(tmp_path / "data", clean.config.warehouse)
    some = [name for name in (SCHEDULE, *SOURCES) if name != UTGC]
    road.pull(project, ["2021-22"], some)
    missing = explain.why(project, MLFS, "2021-12-01", "")
    assert missing.cell.state == states.NOT_COMPUTED
    assert chain(missing) == [MLFS, UTGC]
    assert missing.trace.cause.kind == states.NOT_PULLED
    assert explain.why(project, UTGC, "2021-12-01", "").cell.state == states.NOT_PULLED
    road.pull(project, ["2021-22"], [UTGC])
    ready = explain.why(project, MLFS, "2021-12-01", "")
    assert (ready.trace.cause.kind, ready.trace.cause.run) == (
        states.NOT_COMPUTED,
        ("nba-local backfill 2021-22",),
    )


@pytest.mark.slow
def test_what_changed_makes_what_follows_stale(altered):
    here = (pl.col("game_date") == day(21)) & (pl.col("player_lookup") == "stephencurry")
    none = pl.when(here).then(0).otherwise("points").alias("points")
    project = altered(PGS, lambda rows: rows.with_columns(none))
    for table in (PSZA, PDC, MLFS):
        assert explain.why(project, table, "2021-11-20", "").cell.state == states.OK
        found = explain.why(project, table, "2021-11-21", "")
        assert (found.cell.state, found.cell.detail) == (states.STALE, "input")
        assert found.trace.cause.kind == "stale(input)"
        assert PGS in found.trace.cause.text
    assert explain.why(project, TDZA, "2021-11-21", "").cell.state == states.OK
    road.backfill(project, ["2021-22"], [PSZA])
    assert explain.why(project, PSZA, "2021-11-21", "").cell.state == states.OK
    assert explain.why(project, PDC, "2021-11-21", "").cell.state == states.STALE


def test_states_of_a_push(ours, tmp_path):
    project = ours
    target = project_of(project.store.root, target=f"file://{tmp_path}/target")
    pushes.push(target, ["2021-11-02..2021-11-10"], [])
    found = {n: explain.why(project, MLFS, f"2021-11-{n}", "") for n in ("10", "12")}
    assert found["10"].cell.state == states.PUSHED
    assert found["10"].trace is None
    assert found["12"].cell.state == states.NOT_PUSHED
    assert found["12"].trace.cause.run == ("nba-local push 2021-22",)
    with project.writing("push") as work:  # somebody else wrote it there, as `verify` finds
        work.ledger.execute("UPDATE pushes SET verified = 0 WHERE date = '2021-11-10'")
    doubted = explain.why(project, MLFS, "2021-11-10", "")
    assert doubted.cell.state == states.UNVERIFIED
    assert doubted.trace.cause.run == ("nba-local verify 2021-22",)


@pytest.mark.slow
def test_a_run_that_failed_is_the_cause_of_what_it_left_undone(ours, monkeypatch):
    project = ours
    with project.writing("backfill") as work:
        work.ledger.execute("DELETE FROM seasons WHERE table_name = ?", (MLFS,))
        work.ledger.execute("DELETE FROM partitions WHERE table_name = ?", (MLFS,))

    def broken(*_arguments, **_more):
        raise OSError("the disk is gone")

    monkeypatch.setattr(run, "check", broken)
    with pytest.raises(OSError, match="gone"):
        road.backfill(project, ["2021-22"], [])
    found = explain.why(project, MLFS, "2021-11-20", "")
    assert found.cell.state == states.FAILED
    assert "the disk is gone" in found.trace.cause.text
    monkeypatch.undo()
    road.backfill(project, ["2021-22"], [])
    assert explain.why(project, MLFS, "2021-11-20", "").cell.state == states.OK


# what a person sees


def on_terminal(project, width, color, *words):
    """What `nba-local` shows on a pseudo-terminal of that width."""
    leader, follower = pty.openpty()
    env = {**os.environ, "COLUMNS": str(width), "LINES": "50", "TERM": "xterm-256color"}
    if not color:
        env["NO_COLOR"] = "1"
    with subprocess.Popen(
        [sys.executable, "-m", "nba_local", *words],
        stdout=follower,
        env=env,
        cwd=project.store.root.parent,
    ) as process:
        os.close(follower)
        shown = b""
        try:
            while piece := os.read(leader, 65536):
                shown += piece
        except OSError:  # how Linux says that the other end is closed
            pass
        finally:
            os.close(leader)
    assert process.returncode == 0
    return shown.decode().replace("\r\n", "\n")


@pytest.mark.parametrize("width", [80, slow(160)])
def test_why_is_as_wide_as_the_terminal(broken, width):
    text = on_terminal(broken, width, True, "why", MLFS, "2021-11-09", "stephencurry")
    lines = text.splitlines()
    assert max(map(len, lines)) <= width
    assert max(map(len, lines)) > width // 2
    assert "\x1b[" not in text  # it says all in words


@pytest.mark.parametrize(
    ("width", "color"), [(80, True), slow(160, False), slow(80, False), slow(160, True)]
)
def test_the_terminal_shows_a_month_in_its_width(broken, width, color):
    """The symbols are the same with and without color."""
    text = on_terminal(broken, width, color, "coverage", "2021-22")
    assert ("\x1b[" in text) is color
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
    assert max(map(len, plain.splitlines())) <= width
    assert plain.count("123456789012345678901234567890") == 3
    assert plain.count("1234567890123456789012345678901") == 2  # not November
    lines = plain.splitlines()
    months = [line for line in lines if line.startswith(" " * 29) and "2021" in line]
    assert len(months) == (3 if width == 80 else 1)
    november = next(line for line in lines if line.startswith(PDC) and "M" in line)
    assert "bM" not in november
    assert "b#######M##%######%#####.#####" in november


def test_a_pipe_gets_plain_lines_and_json_is_one_document(broken, monkeypatch):
    monkeypatch.chdir(broken.store.root.parent)
    piped = nba("coverage", "2021-11")
    assert piped.exit_code == 0
    assert "\x1b" not in piped.stdout
    assert max(map(len, piped.stdout.splitlines())) <= 80
    assert nba("coverage", "2021-11", "--detailed-exitcode").exit_code == 3
    (season,) = document(nba("coverage", "2021-11", "--json"))["result"]
    assert len(season["cells"]) == 11 * 30
    assert season["tables"][PDC]["expected"] == 28
    assert season["tables"][PDC]["present"] == 25
    assert sum(season["tables"][PDC]["states"].values()) == 30
    gaps = [one for one in season["gaps"] if one["is_gap"] and PDC in one["dates"]]
    assert {one["cause"]["table"] for one in gaps} == {UPGC}
    assert [one["dates"][PDC] for one in gaps] == [[f"2021-11-{n:02}"] for n in (9, 12, 19)]


def test_two_commands_lead_from_nothing_known_to_the_cause(broken, monkeypatch):
    """What coverage says to type next is typed, and tells the root and the mend."""
    monkeypatch.chdir(broken.store.root.parent)
    shown = nba("coverage").stdout
    (proposed,) = [line for line in shown.splitlines() if line.startswith("next: nba-local why")]
    told = nba(*proposed.split()[2:])
    assert told.exit_code == 0
    assert f"because {TDGS} 2021-10-31 SAC: no row of SAC" in told.stdout
    assert f"cause: the warehouse had no row of SAC in {TDGS}" in told.stdout
    assert f"write them to nba_analytics.{TDGS}" in " ".join(told.stdout.split())
