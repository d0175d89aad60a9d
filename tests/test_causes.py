"""Causes: what the warehouse lacks in several tables at once is one gap of all of them."""

from __future__ import annotations

import datetime as dt

from nba_local.explain.causes import CLAIM, LACKS, NO_ROWS, Cause, Gap, doubts_of, once, together

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


def broken(table, dates, sentence="Every row has a date."):
    """A claim of the source `table` that does not hold on `dates`."""
    text = f"dated does not hold: {sentence}"
    cause = Cause(CLAIM, table, "dated", text, "fix it in the warehouse")
    return Gap(cause, {table: dates}, is_gap=False)


def test_a_claim_that_two_tables_break_is_one_cause_with_the_dates_of_each():
    box, context = broken("box", (WED,)), broken("context", (WED, FRI))
    other = broken("schedule", (WED,), "Every game has a date.")
    one, alone = together([box, context, other])
    assert one.cause.text == "box, context: dated does not hold: Every row has a date."
    assert one.dates == {"box": (WED,), "context": (WED, FRI)}
    assert alone == other


def test_causes_of_a_date_are_named_once_and_the_root_stays_first():
    root, same = gap("box", (WED,)).cause, gap("context", (WED,)).cause
    other = broken("box", (WED,)).cause
    assert once([root, other, same]) == (
        together([gap("box", (WED,)), gap("context", (WED,))])[0].cause,
        other,
    )


def test_doubts_are_told_with_the_gap_that_has_their_cause():
    """Rows of BOS lack in two tables on WED; on FRI what is computed from one is doubtful."""
    (one,) = together([gap("box", (WED,)), gap("context", (WED,))])
    mine = Gap(gap("context", (WED,)).cause, {"daily": (FRI,)}, is_gap=False)
    others = Gap(gap("box", (WED,), who="TOR").cause, {"daily": (FRI,)}, is_gap=False)
    assert doubts_of(one, [mine, others]) == (mine,)
