"""Columns: how filled and how varied each column of a table is, and where it is unlike itself.

A column that falls silent, all NULL, or all one value, breaks no claim that was not written for it.
Here every column is held against its own history: the other dates, or months, of the season.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

if TYPE_CHECKING:
    import datetime as dt

    from nba_local.storage.workspace import Workspace
    from nba_local.tables.calendar import Season
    from nba_local.tables.table import Table

FEWEST_ROWS = 100
"""Rows of a date, or month, without which its shares say little."""

WARM_UP, PAUSE = 21, 5
"""Days after the first date, and after a pause of so many days, that are not judged: figures of the
last days, weeks and games have little to be made of."""

FEWEST_TIMES = 5
"""Dates, or months, that make a history."""

FAR = 0.4
"""Difference of a share from its median that is far, where it is far beyond all others too."""

USUAL = 0.8
"""Share of the dates, or months, that are taken for usual: a column may be silent for weeks."""

APART = 0.1
"""By how much more than any usual date, or month, an unusual one differs."""

TIMES_SPREAD = 10.0
"""Standard deviation, in those of the usual month, that is far."""

SILENT = 0.98
"""Share of one value from which a column says nothing."""


class Unusual(NamedTuple):
    """A column that is unlike itself on a date, or in the month of which it is the first date."""

    column: str
    date: dt.date
    detail: str


class Profile(NamedTuple):
    """The columns of a season of a table: measures of its months, and what is unusual."""

    months: pl.DataFrame
    unusual: tuple[Unusual, ...]


def profile(work: Workspace, table: Table, season: Season) -> Profile:
    """Measure the columns of a season of a source table. Reads its files, writes nothing."""
    rows = work.store.scan(table.layer, table, [season]).collect()
    months = measured(table, rows, "1mo")
    return Profile(months, tuple(unusual(table, rows, months)))


def record(work: Workspace, table: Table, season: Season, found: Profile) -> None:
    """Keep a profile in the ledger, in place of the one before."""
    key = {"table_name": table.name, "season": season.year}
    with work.ledger.transaction():
        for name in ("column_months", "unusual_columns"):
            work.ledger.delete_season(name, table.name, season.year)
        work.ledger.put_many(
            "column_months",
            (*key, "column_name", "month", "rows", "filled", "most_frequent", "spread"),
            (
                (*key.values(), column, f"{when:%Y-%m}", *numbers)
                for column, when, *numbers in found.months.iter_rows()
            ),
        )
        work.ledger.put_many(
            "unusual_columns",
            (*key, "column_name", "date", "detail"),
            (
                (*key.values(), one.column, one.date.isoformat(), one.detail)
                for one in found.unusual
            ),
        )


def measured(table: Table, rows: pl.DataFrame, every: str) -> pl.DataFrame:
    """Measures of every flat column of `rows` but the date: `column`, `when`, and the numbers.

    every: `1d` or `1mo`.
    """
    by = table.partition_by
    names = [n for n, kind in rows.schema.items() if n != by and not kind.is_nested()]
    when = pl.col(by).dt.truncate(every).alias("when")
    rows = rows.filter(pl.col(by).is_not_null())
    if not names or rows.is_empty():
        return pl.DataFrame(schema=_SCHEMA)

    def measures(name: str) -> pl.Expr:
        value, kind = pl.col(name), rows.schema[name]
        spread = value.cast(pl.Float64).std() if kind.is_numeric() else pl.lit(None, pl.Float64)
        return pl.struct(
            rows=pl.len().cast(pl.Int64),
            filled=value.count().cast(pl.Int64),
            top=value.drop_nulls().unique_counts().max().fill_null(0).cast(pl.Int64),
            spread=spread,
        ).alias(name)

    found = rows.group_by(when).agg(measures(name) for name in names)
    return (
        found.unpivot(index="when", variable_name="column")
        .unnest("value")
        .select(_SCHEMA.keys())
        .sort("column", "when")
    )


_SCHEMA = {
    "column": pl.String,
    "when": pl.Date,
    "rows": pl.Int64,
    "filled": pl.Int64,
    "top": pl.Int64,
    "spread": pl.Float64,
}


def unusual(table: Table, rows: pl.DataFrame, months: pl.DataFrame) -> list[Unusual]:
    """Columns of `rows` that are not like their own history on a date, or else in a month.

    months: What `measured` says of the months of `rows`.
    """
    days = rows.select(day=table.partition_by).drop_nulls().unique().sort("day")
    judged = days.filter(
        (pl.col("day") - pl.col("day").min()).dt.total_days() > WARM_UP,
        ~pl.col("day").diff().dt.total_days().ge(PAUSE).rolling_max_by("day", f"{PAUSE}d"),
    )
    known = months.filter(pl.col("filled") > 0)["column"].unique()
    dates = measured(table, rows.select(table.partition_by, *known), "1d")
    dates = dates.join(judged, left_on="when", right_on="day", how="semi")
    found = [Unusual(*row) for row in _unusual(dates)]
    told = {(one.column, f"{one.date:%Y-%m}") for one in found}
    first = dict(
        days.group_by(pl.col("day").dt.truncate("1mo")).agg(day_=pl.col("day").min()).rows()
    )
    for column, month, detail in _unusual(months.filter(pl.col("when") > pl.col("when").min())):
        if (column, f"{month:%Y-%m}") not in told:
            found.append(Unusual(column, first[month], f"{month:%Y-%m}: {detail}"))
    return found


def _unusual(measures: pl.DataFrame) -> list[tuple[str, dt.date, str]]:
    """Column, date or month, and what is unusual."""
    share = measures.filter(pl.col("rows") >= FEWEST_ROWS).with_columns(
        null=1 - pl.col("filled") / pl.col("rows"),
        top=pl.col("top") / pl.col("filled").replace(0, None),
    )
    usual = share.group_by("column").agg(
        times=pl.len(),
        null_median=pl.col("null").median(),
        null_most=pl.col("null").quantile(USUAL, "higher"),
        top_median=pl.col("top").median(),
        top_most=pl.col("top").quantile(USUAL, "higher"),
        spread_median=pl.col("spread").median(),
    )
    far = (
        share.join(usual.filter(pl.col("times") >= FEWEST_TIMES), on="column")
        .with_columns(
            is_null=(pl.col("null") > pl.col("null_median") + FAR)
            & (pl.col("null") > pl.col("null_most") + APART),
            is_silent=(pl.col("top") >= SILENT)
            & (pl.col("top") > pl.col("top_median") + FAR)
            & (pl.col("top") > pl.col("top_most") + APART),
            is_wide=(pl.col("spread") > TIMES_SPREAD * pl.col("spread_median"))
            & (pl.col("spread_median") > 0),
        )
        .filter(pl.any_horizontal(pl.col("is_null", "is_silent", "is_wide").fill_null(value=False)))
        .sort("when", "column")
    )
    return [(row["column"], row["when"], _detail(row)) for row in far.iter_rows(named=True)]


def _detail(row: dict[str, Any]) -> str:
    if row["is_null"]:
        return f"{row['null']:.0%} of the rows are NULL, usually {row['null_median']:.0%}"
    if row["is_silent"]:
        return f"{row['top']:.0%} of the values are the same, usually {row['top_median']:.0%}"
    return f"the standard deviation is {row['spread']:.4g}, usually {row['spread_median']:.4g}"
