"""Causes: what the warehouse lacks in several tables at once is one gap of all of them."""

from __future__ import annotations

import datetime as dt

from nba_local.explain.causes import LACKS, NO_ROWS, Cause, Gap, together

WED, FRI = dt.date(2022, 2, 2), dt.date(2022, 2, 4)


def gap(table, dates, *, who="BOS", spoils=(), is_gap=True):
    """Rows of `who` that `table` lacks on `dates`, which spoils the same dates of other tables."""
    sentence = f"no row of {who}" if who else "no rows"
    cause = Cause(
        LACKS if who else NO_ROWS,
        table,
        who,
        f"the warehouse had {sentence} in {table}",
        f"write them to nba.{table}",
        ("nba-local pull 2021-22",),
    )
    return Gap(cause, dict.fromkeys((table, *spoils), dates), is_gap)


def test_a_team_that_is_missing_in_two_tables_is_one_cause():
    (one,) = together([gap("box", (WED, FRI), spoils=["daily"]), gap("context", (WED, FRI))])
    assert one.cause.text == "the warehouse had no row of BOS in box, context"
    assert one.cause.fix == "write them to nba.box, nba.context"
    assert one.dates == {"box": (WED, FRI), "daily": (WED, FRI), "context": (WED, FRI)}


def test_a_table_that_two_of_them_spoil_has_the_dates_of_both():
    left, right = gap("box", (WED,)), gap("context", (WED,))
    left.dates["daily"], right.dates["daily"] = (FRI,), (WED, FRI)
    (one,) = together([left, right])
    assert one.dates["daily"] == (WED, FRI)


def test_other_teams_other_dates_and_doubts_stay_apart():
    every = (
        gap("box", (WED, FRI)),
        gap("context", (WED, FRI), who="TOR"),
        gap("schedule", (WED, FRI), who=""),
        gap("offense", (WED,)),
        gap("box", (WED, FRI), is_gap=False),
    )
    assert together(every) == every


def test_the_one_that_spoils_most_comes_first():
    small, large = gap("box", (WED, FRI), who="TOR"), gap("box", (WED,))
    found = together([small, large, gap("context", (WED,), spoils=["daily", "store"])])
    assert [one.cause.what for one in found] == ["BOS", "TOR"]
