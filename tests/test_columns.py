"""Columns that fall silent are found against their own history; the others are left alone."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import polars as pl
import pytest

from nba_local.compute import columns
from nba_local.compute.columns import PAUSE, SILENT, WARM_UP, profile

FIRST = dt.date(2021, 10, 19)
DAYS, ENTITIES = 90, 120
SILENT_DAY, DAYS_LATE = (FIRST + dt.timedelta(days=n) for n in (60, 80))


def league():
    """Three months of 120 players: points vary, half of the notes are NULL, `never` all are."""
    days = [FIRST + dt.timedelta(days=n) for n in range(DAYS)]
    rows = [
        {
            "day": day,
            "player": f"p{n}",
            "points": (n * 7 + number * 3) % 31,
            "rate": ((n * 13 + number) % 97) / 97,
            "won": (n + number) % 2 == 0,
            "note": "hurt" if n % 2 else None,
            "never": None,
            "season": 2021,
        }
        for number, day in enumerate(days)
        for n in range(ENTITIES)
    ]
    return pl.DataFrame(rows, schema_overrides={"never": pl.Float64})


def measured(rows):
    return profile(SimpleNamespace(partition_by="day"), rows.lazy())


def found(rows):
    return {(one.column, one.date) for one in measured(rows).unusual}


def on(day, **values):
    """The league with other values on a date."""
    is_day = pl.col("day") == day
    return league().with_columns(
        pl.when(is_day).then(value).otherwise(pl.col(name)).alias(name)
        for name, value in values.items()
    )


def test_a_season_like_itself_has_no_unusual_column():
    assert found(league()) == set()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("points", pl.lit(0)),
        ("points", pl.lit(None)),
        ("rate", pl.lit(0.2)),
        ("note", pl.lit(None)),
        ("won", pl.lit(value=True)),
        ("points", pl.col("points") * 1_000),
    ],
    ids=["zeros", "nulls", "a default", "text gone", "all won", "another unit"],
)
def test_a_column_that_is_unlike_itself_on_a_date_is_found(column, value):
    assert found(on(SILENT_DAY, **{column: value})) == {(column, SILENT_DAY)}


def test_a_silent_stretch_is_found_date_by_date():
    stretch = [SILENT_DAY + dt.timedelta(days=n) for n in range(12)]  # not a fifth of all
    rows = league().with_columns(
        rate=pl.when(pl.col("day").is_in(stretch)).then(None).otherwise("rate")
    )
    assert found(rows) == {("rate", day) for day in stretch}


def test_the_first_weeks_and_the_days_after_a_pause_are_not_judged():
    assert found(on(FIRST + dt.timedelta(days=WARM_UP), rate=pl.lit(None))) == set()
    after = SILENT_DAY + dt.timedelta(days=PAUSE)
    pause = pl.col("day").is_between(SILENT_DAY, after, closed="left")
    assert found(on(after, rate=pl.lit(None)).filter(~pause)) == set()


def test_a_date_of_few_rows_says_little_and_its_month_is_judged():
    few = league().filter(pl.col("player").is_in([f"p{n}" for n in range(20)]))
    months = [FIRST.replace(day=1) + dt.timedelta(days=31 * n) for n in range(9)]
    year = pl.concat(few.with_columns(pl.col("day").dt.offset_by(f"{n}mo")) for n in range(0, 9, 3))
    silent = year.with_columns(
        rate=pl.when(pl.col("day").dt.strftime("%Y-%m") == "2022-03").then(None).otherwise("rate")
    )
    assert len(months) == 9
    assert found(year) == set()
    assert found(silent) == {("rate", dt.date(2022, 3, 1))}


def test_what_is_filled_is_what_was_counted():
    rows = league()
    month = measured(rows).months.filter(pl.col("when") == dt.date(2021, 11, 1))
    by_name = {row["column"]: row for row in month.to_dicts()}
    november = rows.filter(pl.col("day").dt.month() == 11)
    assert by_name["note"]["filled"] == november.height // 2
    assert by_name["never"] == {
        "column": "never", "when": dt.date(2021, 11, 1), "rows": 30 * ENTITIES, "filled": 0,
    }  # fmt: skip
    assert by_name["points"]["filled"] == by_name["points"]["rows"] == 30 * ENTITIES


@pytest.mark.parametrize("others", range(6))
@pytest.mark.parametrize("unknown", [0, 40])
def test_the_quick_look_spares_counting_and_misses_no_silent_column(others, unknown):
    """The values that differ stand apart, each between two alike, which looks most varied."""
    is_day, place = pl.col("day") == SILENT_DAY, pl.int_range(pl.len()).over("day")
    differs = (place % 7 == 3) & (place // 7 < others)
    value = pl.when(place >= ENTITIES - unknown).then(None).when(differs).then(place).otherwise(0)
    rows = league().with_columns(points=pl.when(is_day).then(value).otherwise("points"))
    top = 1 - others / (ENTITIES - unknown)
    assert found(rows) == ({("points", SILENT_DAY)} if top >= SILENT else set())


def test_a_column_that_is_empty_on_most_dates_is_judged_by_the_others():
    """Of which one is silent; the first five weeks have no value at all."""
    is_late = pl.col("day") > FIRST + dt.timedelta(days=WARM_UP + 40)
    is_day = pl.col("day") == DAYS_LATE
    points = pl.when(is_day).then(0).when(is_late).then(pl.col("points"))
    assert ("points", DAYS_LATE) in found(league().with_columns(points=points))


def test_a_table_of_constants_has_nothing_unusual():
    assert found(league().select("day", season=pl.lit(2021), never=pl.lit(None))) == set()


def test_a_table_without_rows_has_no_columns_to_judge():
    assert measured(league().clear()).months.is_empty()
    assert found(league().clear()) == set()


def test_a_table_of_dates_alone_has_no_columns_to_judge():
    rows = league().select("day", nested=pl.struct("player", "points"))
    assert measured(rows).months.is_empty()
    assert measured(rows.select("day")).months.is_empty()


def test_rows_without_a_date_are_no_month():
    rows = league().with_columns(day=pl.when(pl.col("player") == "p1").then(None).otherwise("day"))
    assert measured(rows).months["when"].null_count() == 0


def test_columns_measured_a_few_at_a_time_give_the_same(monkeypatch):
    rows = on(SILENT_DAY, points=pl.lit(0), note=pl.lit(None)).sample(fraction=1, shuffle=True)
    whole = measured(rows)
    monkeypatch.setattr(columns, "MOST_CELLS", 2 * rows.height)
    assert measured(rows).months.equals(whole.months)
    assert set(measured(rows).unusual) == set(whole.unusual) != set()
