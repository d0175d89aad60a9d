"""Columns: how filled and how varied each column of a table is, and where it is unlike itself.

A column that falls silent, all NULL, or all one value, breaks no claim that was not written for it.
Here every column is held against its own history: the other dates, or months, of the season.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

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

MOST_CELLS = 5_000_000
"""Cells that are measured at once at most: rows by columns."""

SILENT = 0.98
"""Share of one value from which a column says nothing."""


class Unusual(NamedTuple):
    """A column that is unlike itself on a date, or in the month of which it is the first date."""

    column: str
    date: dt.date
    detail: str


class Profile(NamedTuple):
    """The columns of a season of a table: how filled its months are, and what is unusual."""

    months: pl.DataFrame
    unusual: tuple[Unusual, ...]


def profile(table: Table, rows: pl.LazyFrame) -> Profile:
    """Measure the flat columns of `rows`, a season of a source table, `MOST_CELLS` at a time.

    Collects `rows` once for each group of columns. Rows without a date are left out.
    """
    by, height = table.partition_by, rows.select(pl.len()).collect().item()
    names = _flat(by, rows.collect_schema())
    width = max(1, MOST_CELLS // max(1, height))
    months, found = [pl.DataFrame(schema=_FILLED)], []
    for at in range(0, len(names), width):
        part = _dated(rows.select(by, *names[at : at + width]).collect(), by)
        months.append(filled(by, part))
        found += unusual(by, part)
    return Profile(pl.concat(months).sort("column", "when"), tuple(found))


def _dated(rows: pl.DataFrame, by: str) -> pl.DataFrame:
    """Rows with a date, known to be in order where they are, which spares hashing the dates."""
    if rows[by].null_count():
        rows = rows.filter(pl.col(by).is_not_null())
    return rows.with_columns(pl.col(by).set_sorted()) if rows[by].is_sorted() else rows


def record(work: Workspace, table: Table, season: Season, found: Profile) -> None:
    """Keep a profile in the ledger, in place of the one before. Inside a transaction."""
    key = {"table_name": table.name, "season": season.year}
    for name in ("column_months", "unusual_columns"):
        work.ledger.delete_season(name, table.name, season.year)
    months = found.months.with_columns(pl.col("when").dt.strftime("%Y-%m"))
    work.ledger.put_many(
        "column_months",
        (*key, "column_name", "month", "rows", "filled"),
        ((*key.values(), *row) for row in months.iter_rows()),
    )
    work.ledger.put_many(
        "unusual_columns",
        (*key, "column_name", "date", "detail"),
        ((*key.values(), one.column, one.date.isoformat(), one.detail) for one in found.unusual),
    )


def filled(by: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of each month, and how many have a value: `column`, `when`, `rows`, `filled`.

    Of every column but the date, `by`, which no row is without.
    """
    names = _flat(by, rows.schema)
    if not names or rows.is_empty():
        return pl.DataFrame(schema=_FILLED)
    nulls = {name: rows[name].null_count() for name in names}
    partly = [name for name in names if 0 < nulls[name] < rows.height]
    days = rows.group_by(pl.col(by).alias("\0when"))
    counted = days.agg(pl.len().alias("\0rows"), pl.col(partly).count())
    counts = counted.group_by(pl.col("\0when").dt.truncate("1mo")).sum()
    whole = pl.col("\0rows")
    return (
        counts.with_columns(
            (whole * 0 if nulls[name] else whole).alias(name)
            for name in names
            if name not in partly
        )
        .unpivot(names, index=["\0when", "\0rows"], variable_name="column", value_name="filled")
        .rename({"\0when": "when", "\0rows": "rows"})
        .select(pl.col(name).cast(kind) for name, kind in _FILLED.items())
        .sort("column", "when")
    )


_FILLED = {"column": pl.String, "when": pl.Date, "rows": pl.Int64, "filled": pl.Int64}


def _flat(by: str, schema: pl.Schema) -> list[str]:
    return [name for name, kind in schema.items() if name != by and not kind.is_nested()]


def unusual(by: str, rows: pl.DataFrame) -> list[Unusual]:
    """Columns that are not like their own history on a date, or else in a month.

    by: The date, which no row is without.
    """
    rows = rows.select(
        pl.col(by).alias("day"), *(n for n in _flat(by, rows.schema) if _varies(rows[n]))
    )
    days = rows.select("day").unique().sort("day")
    judged = days.filter(
        (pl.col("day") - pl.col("day").min()).dt.total_days() > WARM_UP,
        ~pl.col("day").diff().dt.total_days().ge(PAUSE).rolling_max_by("day", f"{PAUSE}d"),
    )
    found = [
        Unusual(*row) for row in _far(rows.filter(pl.col("day").is_in(judged["day"].implode())))
    ]
    told = {(one.column, f"{one.date:%Y-%m}") for one in found}
    rows = rows.with_columns(pl.col("day").dt.truncate("1mo"))
    first = {day.replace(day=1): day for day in reversed(days["day"].to_list())}
    for column, month, detail in _far(rows.filter(pl.col("day") > pl.col("day").min())):
        if (column, f"{month:%Y-%m}") not in told:
            found.append(Unusual(column, first[month], f"{month:%Y-%m}: {detail}"))
    return found


def _varies(values: pl.Series) -> bool:
    """Whether there are two values, or some and NULL: what is always the same is never unusual."""
    if values.null_count():
        return values.null_count() < values.len()
    return not values.is_empty() and not bool((values == values[0]).all())


type _Found = dict[tuple[dt.date, str], str]
"""By date, or the first of a month, and column: what is unusual."""


def _far(rows: pl.DataFrame) -> list[tuple[str, dt.date, str]]:
    """Column, `day`, and what is unusual of it there: NULL, silent, or spread far.

    `day` is a date or the first of a month; those of few rows are neither judged nor a history.
    """
    sizes = rows.group_by("day").len()
    large = sizes.filter(pl.col("len") >= FEWEST_ROWS)["day"]
    if large.len() < FEWEST_TIMES or rows.width == 1:
        return []
    if large.len() < sizes.height:
        rows = rows.filter(pl.col("day").is_in(large.implode()))
    found = _spread(rows) | _silent(rows) | _null(rows)
    return [(column, day, detail) for (day, column), detail in sorted(found.items())]


def _measured(rows: pl.DataFrame) -> list[str]:
    return [name for name in rows.columns if name != "day"]


def _null(rows: pl.DataFrame) -> _Found:
    partly = [name for name in _measured(rows) if rows[name].null_count()]
    if not partly:
        return {}
    shares = rows.group_by("day").agg(pl.col(partly).null_count() / pl.len())
    is_far = (pl.col("value") > pl.col("median") + FAR) & (pl.col("value") > pl.col("most") + APART)
    return _found(shares, is_far, "{:.0%} of the rows are NULL, usually {:.0%}")


def _silent(rows: pl.DataFrame) -> _Found:
    """Where nearly all values of a column are the same.

    Counting values takes a hash table for each date and column. Two cheap looks leave few columns
    to be counted: where all values but a few are the same, nearly every one repeats the one before;
    and where the first value is most of them on half of the dates, none is `FAR` above the median.
    """
    names = _measured(rows)
    partly = [name for name in names if rows[name].null_count()]
    whole = [name for name in names if name not in partly]
    known = pl.col(partly).forward_fill().shift().backward_fill()  # the last value that is known
    each = rows.select("day", pl.col(partly) == known, pl.col(whole) == pl.col(whole).shift())
    least = 2 * SILENT - 1  # a value that differs stands in two pairs
    pairs = pl.col(names).count()
    is_doubtful = (pl.col(names).sum() >= least * pairs - 1) & (pairs > 0)
    doubtful = each.group_by("day").agg(is_doubtful).select(pl.col(names).any())
    some = [name for name, is_so in doubtful.row(0, named=True).items() if is_so]
    same, known_rows = (pl.col(some) == pl.col(some).first()).sum(), pl.col(some).count()
    is_usual = (same >= (1 - FAR) * known_rows) & (known_rows > 0)
    usual = rows.group_by("day").agg(is_usual).select(pl.col(some).sum())
    times = usual.row(0, named=True) if some else {}
    days = rows["day"].n_unique()
    some = [name for name in some if 2 * times[name] < days + 2]
    value = pl.col(some).drop_nulls()
    shares = rows.group_by("day").agg(value.unique_counts().max() / value.len().replace(0, None))
    is_far = (
        (pl.col("value") >= SILENT)
        & (pl.col("value") > pl.col("median") + FAR)
        & (pl.col("value") > pl.col("most") + APART)
    )
    return _found(shares, is_far, "{:.0%} of the values are the same, usually {:.0%}")


def _spread(rows: pl.DataFrame) -> _Found:
    numbers = [name for name in _measured(rows) if rows.schema[name].is_numeric()]
    spreads = rows.group_by("day").agg(pl.col(numbers).cast(pl.Float64).std())
    is_far = (pl.col("value") > TIMES_SPREAD * pl.col("median")) & (pl.col("median") > 0)
    return _found(spreads, is_far, "the standard deviation is {:.4g}, usually {:.4g}")


def _found(measures: pl.DataFrame, is_far: pl.Expr, detail: str) -> _Found:
    """What is far of `measures`, a column of numbers for each measured column, and how it reads.

    is_far: Asks for `value`, its `median` over all dates, and the `most` that is usual.
    """
    if measures.width == 1:
        return {}
    usual = pl.col("value").quantile(USUAL, "higher").over("column")
    far = (
        measures.unpivot(index="day", variable_name="column")
        .with_columns(median=pl.col("value").median().over("column"), most=usual)
        .filter(is_far)
        .select("day", "column", "value", "median")
    )
    return {(day, column): detail.format(*numbers) for day, column, *numbers in far.iter_rows()}
