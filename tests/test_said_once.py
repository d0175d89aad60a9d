"""What several tables share is said once: plans, backfills, findings."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import pytest

from nba_local.report import backfill as of_backfill
from nba_local.report.findings import checked
from nba_local.report.terminal import Report
from nba_local.tables.calendar import Season
from nba_local.tables.results import BackfillResult, Finding, Plan, Reason, Step, StepResult

SEASON = Season(2021)
DAY, LATER = dt.date(2021, 11, 2), dt.date(2021, 11, 5)


@pytest.fixture
def told(capsys):
    """What a report function says, line by line."""

    def say(function, *values, **how):
        function(Report(as_json=False, **how), *values)
        return capsys.readouterr().out.splitlines()

    return say


def step(table, *reasons):
    return Step(
        SimpleNamespace(name=table), SEASON, None, tuple(Reason("x", text) for text in reasons),
        "f", {},
    )  # fmt: skip


def done(table, *, changed=(DAY,), blocked=(), non_rows=None):
    return StepResult(
        table, SEASON, 10, changed, blocked, {"ok": 1, "no_games": 2}, non_rows or {},
        (), {"compute": 0.5},
    )  # fmt: skip


def found(table, date, claim="dated", rows=1, sample="x 1"):
    return Finding(table, date, claim, "warn", rows, "Every row has a date.", sample)


def test_a_plan_names_settings_and_reasons_of_all_tables_once(told):
    settings = {
        "zones": {"min_games": 5, "days": 14},
        "cache": {"min_games": 5, "days": 14},
        "store": {"min_games": 0, "days": 14, "set": "v1"},
    }
    steps = [step(table, "not computed yet") for table in settings]
    assert told(of_backfill.planned, Plan("plain", settings, tuple(steps))) == [
        "rules: plain; in every table days 14",
        "  min_games 5: zones, cache",
        "  min_games 0: store",
        "  set v1: store",
        "2021-22  all 3 tables: compute, check, publish (not computed yet)",
        "3 of 3 steps due",
    ]


def test_steps_of_other_reasons_are_named(told):
    steps = (step("zones"), step("cache", "code changed"), step("store", "code changed"))
    *_, leave, due, count = told(of_backfill.planned, Plan("plain", {}, steps))
    assert leave == "2021-22  zones: leave (up to date)"
    assert due == "2021-22  cache, store: compute, check, publish (code changed)"
    assert count == "2 of 3 steps due"


def test_a_backfill_says_once_what_its_tables_share(told):
    plan = Plan("plain", {}, ())
    result = BackfillResult(
        "run",
        plan,
        (done("zones", non_rows={"too_few": 3}), done("cache", non_rows={"too_few": 1})),
    )
    assert told(of_backfill.backfilled, result) == [
        "  2021-22  rows  dates  rewritten",
        "  zones      10      1          1",
        "  cache      10      1          1",
        "rewritten: all 2 tables: 1 date: 2021-11-02",
        "other dates: all 2 tables: 2 no games",
        "without a row on a date, too few: zones 3, cache 1",
        "next:",
        "  nba-local status",
        "  nba-local push --dry-run --to file://DIR",
    ]
    assert "seconds: cache: compute 0.50" in told(of_backfill.backfilled, result, is_verbose=True)


def test_dates_that_are_held_back_in_two_tables_are_one_line_even_when_quiet(told, capsys):
    steps = (done("zones", blocked=(LATER,)), done("cache", blocked=(LATER,)), done("store"))
    result = BackfillResult("run", Plan("plain", {}, ()), steps)
    line = (
        "2021-22  zones, cache: NOT published, a blocking claim does not hold: 1 date: 2021-11-05"
    )
    assert told(of_backfill.backfilled, result).count(line) == 1
    of_backfill.backfilled(Report(as_json=False, is_quiet=True, acts=True), result)
    assert capsys.readouterr().err.splitlines() == [line]


def test_a_claim_of_two_tables_is_said_once_with_what_each_breaks(told):
    rows = [found("zones", DAY), found("cache", DAY), found("cache", LATER, rows=2)]
    assert told(checked, rows) == [
        "warn: dated does not hold in 2 tables",
        "    claim: Every row has a date.",
        "    cache: 3 rows on 2 dates: 2021-11-02, 2021-11-05",
        "    zones: 1 row on 1 date: 2021-11-02",
        "    first: 2021-11-02: x 1",
    ]
    other = [found("zones", DAY), found("cache", DAY, sample="x 2")]
    assert told(checked, other)[2:] == [
        "    cache: 1 row on 1 date: 2021-11-02",
        "      first: 2021-11-02: x 2",
        "    zones: 1 row on 1 date: 2021-11-02",
        "      first: 2021-11-02: x 1",
    ]


def test_a_claim_of_one_table_names_it(told):
    assert told(checked, [found("zones", DAY, sample="")]) == [
        "warn: zones.dated does not hold: 1 row on 1 date: 2021-11-02",
        "    claim: Every row has a date.",
    ]
