"""What claims about sources found, or that they have not run, in coverage, why and status."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from nba_local.commands import explain
from nba_local.explain import states
from nba_local.explain.coverage import document
from nba_local.report import coverage as coverage_report
from nba_local.report import status as status_report
from nba_local.report.terminal import Report
from nba_local.storage import queries
from nba_local.storage.serialize import dumps
from nba_local.tables.calendar import Season
from tests.small_road import DAYS, SEASON, TEAMS, Road, games

WRONG = DAYS[7]
EVEN = """-- Points are even.
-- severity: warn
SELECT team, day, points FROM games WHERE points % 2 = 1
"""
NARROW = """-- No mean is beyond {most}.
-- severity: block
SELECT team, day, mean FROM form WHERE mean > {most}
"""


@pytest.fixture
def road(tmp_path):
    return Road(tmp_path)


def run(road):
    road.pull()
    road.backfill()


def covered(road):
    (one,) = explain.coverage(road.project(), [SEASON])
    return one


def why(road, table, day, entity=""):
    return explain.why(road.project(), table, day.isoformat(), entity)


def shown(call, *arguments):
    """What a report says."""
    import io

    report = Report(as_json=False)
    report.stream = io.StringIO()
    call(report, *arguments)
    return report.stream.getvalue()


def test_a_held_date_has_the_claim_about_its_source_as_its_cause(road):
    run(road)
    road.put(games({("ATL", WRONG): 10_000_000}))
    run(road)
    one = covered(road)
    for table in ("games", "form", "rank"):
        assert one.states.cells[table, WRONG].state == states.QUARANTINED
    (gap,) = (gap for gap in one.gaps if gap.is_gap)
    assert (gap.cause.table, gap.cause.what) == ("games", "points_possible")
    assert gap.dates == {"games": (WRONG,), "form": (WRONG,), "rank": (WRONG,)}
    assert gap.cause.run == (f"nba-local pull {SEASON}", f"nba-local backfill {SEASON}")
    trace = why(road, "rank", WRONG).trace
    assert [link.table for link in trace.links] == ["rank", "games"]
    assert "A team scores between 0 and 300 points." in trace.cause.text


def test_other_dates_are_as_they_were(road):
    run(road)
    road.put(games({("ATL", WRONG): 10_000_000}))
    run(road)
    one = covered(road)
    others = {one.states.cells["games", day].state for day in DAYS if day != WRONG}
    assert others == {states.OK}


def test_a_claim_of_the_table_itself_names_the_rows_it_set_aside(tmp_path):
    road = Road(tmp_path, narrow=NARROW.format(most=1_000))
    run(road)
    one = covered(road)
    first = next(day for day in DAYS if one.states.cells["form", day].state == states.QUARANTINED)
    trace = why(road, "form", first).trace
    assert trace.cause.what == "narrow"
    path = trace.cause.fix.split()[4].removesuffix(";")
    assert path == "quarantine/form/season=2021/narrow.parquet"
    assert pl.read_parquet(road.data / path).height > 0


def test_nothing_that_why_proposes_deletes_what_a_claim_found(tmp_path):
    """`check` writes findings anew; for what is known already it is not proposed."""
    road = Road(tmp_path, narrow=NARROW.format(most=1_000))
    road.put(games({("ATL", WRONG): -1}))
    run(road)
    for day in DAYS:
        for table in ("games", "form", "rank"):
            found = why(road, table, day)
            if found.trace:
                causes = (found.trace.cause, *found.trace.also)
                assert not [c for cause in causes for c in cause.run if " check " in c]


def test_what_was_not_checked_is_said(road):
    run(road)
    assert covered(road).states.unchecked == ()
    checks = road.package.folder / "games" / "checks" / "points_are_even.sql"
    checks.write_text(EVEN)  # newer than the last pull
    one = covered(road)
    assert one.states.unchecked == ("games",)
    assert why(road, "form", WRONG).unchecked == ("games",)
    assert why(road, "games", WRONG, "").unchecked == ("games",)
    (season,) = explain.status(road.project(), [SEASON])
    assert {t.table: t.is_checked for t in season.tables} == {
        "games": False, "form": True, "rank": True,
    }  # fmt: skip
    told = f"nba-local check {SEASON} --tables games"
    assert told in shown(coverage_report.covered, [one])
    assert told in shown(coverage_report.explained, why(road, "form", WRONG))
    assert told in shown(status_report.status, [season])
    road.pull()
    assert covered(road).states.unchecked == ()
    assert covered(road).states.cells["games", DAYS[1]].state == states.WARNED


def test_columns_that_are_unusual_on_other_dates_are_not_shown(road):
    run(road)
    odd = {"table_name": "games", "season": 2021, "column_name": "points", "detail": "one value"}
    with road.project().writing("test") as work:
        work.ledger.put("unusual_columns", [{**odd, "date": day} for day in DAYS[:2]])
    (month,) = explain.coverage(road.project(), [DAYS[1].isoformat()])
    assert [column.date for column in month.unusual] == [DAYS[1]]
    assert [one["date"] for one in document([month])[0]["unusual"]] == [DAYS[1]]
    assert f"one value (1 date: {DAYS[1]})" in shown(coverage_report.covered, [month])
    assert len(covered(road).unusual) == 2


def test_status_is_the_sum_of_the_states_that_coverage_shows(road):
    run(road)
    road.put(games({("ATL", WRONG): 10_000_000}))
    run(road)
    one = covered(road)
    (season,) = explain.status(road.project(), [SEASON])
    for table in season.tables:
        cells = one.of(table.table)
        assert table.states == states.counts(cells)
        assert table.rows == sum(cell.rows for cell in cells)
        assert table.gaps == {states.QUARANTINED: (WRONG,)}
        assert (table.due, table.present) == (len(DAYS), len(DAYS) - 1)
        assert (table.first, table.last) == (DAYS[0], DAYS[-1])
    told = shown(status_report.status, [season])
    assert told.count("gap: ") == 1  # the same date of three tables is said once
    assert f"gap: games, form, rank quarantined: 1 date: {WRONG}" in told
    assert "next: nba-local coverage 2021-22" in told


def test_columns_that_are_null_all_season_come_first(road):
    rows = games()
    road.put(rows.with_columns(points=pl.lit(None, pl.Int64)))
    run(road)
    one = covered(road)
    assert [(fill.table, fill.column) for fill in one.states.silent] == [("games", "points")]
    told = shown(coverage_report.covered, [one]).splitlines()
    assert told[1] == "NULL all season: games: points"
    assert why(road, "rank", WRONG).columns == ("games: NULL all season: points",)
    fills = {(f.table, f.column): f for f in explain.columns(road.project(), [SEASON])}
    assert fills["games", "points"].shares == {Season(2021): 0.0}
    assert fills["games", "points"].is_empty
    assert fills["games", "team"].shares == {Season(2021): 1.0}
    assert fills["form", "mean"].is_empty
    road.put(rows)
    run(road)
    assert covered(road).states.silent == ()


def test_a_finding_on_a_date_without_any_game_is_shown_apart(road):
    run(road)
    with road.project().reading() as work:
        season = states.states(work, Season(2021))
    assert season.outside == {}
    assert {day.date for day in season.days} == set(DAYS)


def test_coverage_is_one_document(road):
    road.put(games({("ATL", WRONG): 10_000_000}))
    run(road)
    (one,) = document([covered(road)])
    assert dumps(one)
    assert one["unchecked"] == one["silent"] == one["outside"] == []


@pytest.mark.parametrize("target", ["file:///there", "bigquery://p (dev)"])
def test_pushed_dates_are_known_wherever_their_table_lies(road, target):
    """A target on BigQuery has a dataset for each table; dates are recorded under that."""
    run(road)
    place = target if target.startswith("file") else "bigquery://p/dev_features"
    with road.project().writing("push") as work:
        made = queries.feature_dates(work.ledger, "form", Season(2021))
        push = {
            "push_id": "push-1", "run_id": "", "warehouse": target, "undoes": None,
            "status": "verified", "base_as_of": dt.datetime.now(dt.UTC).isoformat(),
            "committed": None, "note": "", "dates": "{}", "receipt": None,
        }  # fmt: skip
        work.ledger.put("push_runs", [push])
        work.ledger.put(
            "pushes",
            [
                {
                    "warehouse": place, "table_name": "form", "date": one.date,
                    "rows": one.rows, "changed_run": one.changed_run, "push_id": "push-1",
                    "verified": True, "token": "",
                }
                for one in made[:-1]
            ],
        )  # fmt: skip
    cells = covered(road).of("form")
    assert [cell.state for cell in cells] == [states.PUSHED] * (len(DAYS) - 1) + [states.NOT_PUSHED]
    assert len(TEAMS) == made[0].rows
