"""Sweep: what moving a table's minimum of games and its readiness threshold gains and costs.

Pure: it takes the rows that `thresholds` computes. Every value of both sweeps is a filter on them.

The error of a row made of n games is taken from the season itself: each figure of an entity's first
row of n games against the same figure of its first row of a full window of W games, which the n
games are part of, in standard deviations of the figure over all rows of a full window. How much of
it is the entity really changing cannot be told apart in one row, so there is a measure of that too:
the baseline, the same difference between that first full window and the next one, which shares no
game with it. Both are taken of the entities that have played two full windows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import polars as pl

from nba_local.tables.table import Read

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nba_local.tables.calendar import Season
    from nba_local.tables.table import Table, Thresholds

MINIMUM, READINESS = "min_games", "readiness_threshold"
"""The settings that are swept."""

PERCENTAGES = (50.0, 60.0, 70.0, 75.0, 80.0, 85.0, 90.0, 95.0, 100.0)
"""Readiness thresholds of the sweep, besides the present one. Shares are stored at one decimal,
which decides whole percentages rightly in windows of up to 15 games."""

WORST = 3
"""Figures that are named as the worst of a number of games."""

TAIL = 0.9
"""Besides the median, the error that this share of the pairs does not exceed."""


@dataclass(frozen=True, slots=True)
class Error:
    """How far figures lie apart, in standard deviations; a pair is an entity and a figure.

    worst: The figures that are furthest off in the median, and how far.
    """

    pairs: int
    median: float
    tail: float
    worst: Mapping[str, float]

    def exceeds(self, other: Error, times: float) -> bool:
        """Whether the median or the tail is more than so many times that of `other`."""
        return self.median > times * other.median or self.tail > times * other.tail


@dataclass(frozen=True, slots=True)
class Reader:
    """Rows of a table that reads this one.

    lacking: Those that find no row because of the thresholds. unready: those that are not ready
    because of them, the lacking ones among them. never: those that find none at any threshold.
    """

    table: str
    rows: int
    lacking: int
    unready: int
    never: int


@dataclass(frozen=True, slots=True)
class Value:
    """What one value of a threshold gives, the other one being as it is.

    dates, ready_dates: With a row, with a ready row. games: what a row may be made of. error: of
    a row of so many games; None for a full window, or where nothing can be compared. fits: whether
    rows of so many games and more are within the baseline; None where that is not known.
    """

    value: float
    rows: int
    ready: int
    dates: int
    ready_dates: int
    games: int
    error: Error | None
    fits: bool | None
    readers: tuple[Reader, ...]


@dataclass(frozen=True, slots=True)
class Sweep:
    """The values of one setting, ascending; the present one is among them.

    recommended: Of the values that fit, one with the most rows (of readiness: ready rows): the
    present one if it is among them, else the strictest. The present one if nothing can be measured.
    """

    setting: str
    present: float
    values: tuple[Value, ...]
    recommended: float
    why: str


@dataclass(frozen=True, slots=True)
class Swept:
    """The thresholds of a table over a season.

    games: Of a full window; 0 for a table without a minimum. entities: those that have played two
    of them. within: what is accepted, in baselines. published, published_ready: rows of the data
    folder, which may be older than the code or have other settings.
    """

    table: str
    season: Season
    bootstrap_days: int
    games: int
    entities: int
    within: float
    baseline: Error | None
    errors: Mapping[int, Error]
    published: int
    published_ready: int
    sweeps: tuple[Sweep, ...]


@dataclass(frozen=True, slots=True)
class Rows:
    """What a sweep counts.

    shown: Rows of `thresholds.all_rows` outside the bootstrap days. readers: tables that read the
    swept one, with their rows as `thresholds.read` gives them. errors: by number of games.
    """

    shown: pl.DataFrame
    readers: Sequence[tuple[Table, pl.DataFrame]]
    errors: Mapping[int, Error]
    baseline: Error | None


def sweeps_of(  # noqa: PLR0913 - what is swept, and from where
    rows: Rows, table: Table, games: int, minimum: int, readiness: float, within: float
) -> tuple[Sweep, ...]:
    """Both sweeps of `table`, or that of the readiness threshold where it has no minimum.

    games: Of a full window. minimum, readiness: The present settings.
    """
    fitting = _fitting(games, rows.errors, rows.baseline, within)

    def value(of: float, minimum: int, readiness: float, games: int) -> Value:
        return Value(
            value=of,
            **rows.shown.select(_counted(minimum, readiness)).row(0, named=True),
            games=games,
            error=rows.errors.get(games),
            fits=None if fitting is None else games >= fitting,
            readers=tuple(_reader(r, read, table, minimum, readiness) for r, read in rows.readers),
        )

    sweeps = []
    if games:
        numbers = sorted({*range(1, games + 1), minimum})
        values = [value(n, n, readiness, min(n, games)) for n in numbers]
        sweeps.append(_sweep(MINIMUM, minimum, values, rows.baseline, within))
    values = [
        value(share, minimum, share, math.ceil(share * games / 100))
        for share in sorted({*PERCENTAGES, readiness})
    ]
    sweeps.append(_sweep(READINESS, readiness, values, rows.baseline, within))
    return tuple(sweeps)


def errors_of(rows: pl.LazyFrame, spec: Thresholds) -> tuple[dict[int, Error], int]:
    """Errors by number of games, that of the baseline under two full windows; how many entities.

    rows: See `thresholds.all_rows`. Figures that never vary are left out. Entities that have not
    played two full windows are too, so that baseline and errors are those of the same.
    """
    full, figures = spec.games, spec.figures
    if not full:
        return {}, 0
    whole = rows.filter(pl.col("found") >= full)
    deviations = whole.select(pl.col(figures).std()).collect().row(0, named=True)
    scales = {name: scale for name, scale in deviations.items() if scale}
    first = (
        rows.filter((pl.col("found") <= full) | (pl.col("found") == 2 * full))
        .sort("date")
        .unique(["entity", "found"], keep="first", maintain_order=True)
        .select("entity", "found", *(pl.col(name) / scale for name, scale in scales.items()))
    )
    twice = first.filter(pl.col("found") == 2 * full).select("entity")
    reference = first.filter(pl.col("found") == full).join(twice, on="entity", how="semi")
    apart = (
        first.filter(pl.col("found") != full)
        .join(reference.drop("found"), on="entity", suffix="_full")
        .select(
            "entity",
            "found",
            *((pl.col(name) - pl.col(f"{name}_full")).abs().alias(name) for name in scales),
        )
        .unpivot(index=["entity", "found"], variable_name="figure", value_name="error")
        .drop_nulls("error")
    )
    error = pl.col("error")
    overall = apart.group_by("found").agg(
        pairs=pl.len(), median=error.median(), tail=error.quantile(TAIL, "linear")
    )
    by_figure = (
        apart.group_by("found", "figure")
        .agg(error.median())
        .sort("error", "figure", descending=[True, False])
        .group_by("found")
        .agg(pl.struct("figure", "error").head(WORST).alias("worst"))
    )
    measured, entities = pl.collect_all(
        [overall.join(by_figure, on="found").sort("found"), reference.select(pl.len())]
    )
    errors = {
        row["found"]: Error(
            row["pairs"],
            row["median"],
            row["tail"],
            {worst["figure"]: worst["error"] for worst in row["worst"]},
        )
        for row in measured.iter_rows(named=True)
    }
    return errors, entities.item()


def _reached(readiness: float) -> pl.Expr:
    """Whether the share is high enough; one that is not known holds nothing back."""
    return (pl.col("share") >= readiness).fill_null(value=True)


def _counted(minimum: int, readiness: float) -> list[pl.Expr]:
    """Rows, ready rows, and the dates of both."""
    enough = pl.col("found") >= minimum
    ready = enough & pl.col("ready") & _reached(readiness)
    return [
        enough.sum().alias("rows"),
        ready.sum().alias("ready"),
        pl.col("date").filter(enough).n_unique().alias("dates"),
        pl.col("date").filter(ready).n_unique().alias("ready_dates"),
    ]


def _reader(
    reader: Table, rows: pl.DataFrame, table: Table, minimum: int, readiness: float
) -> Reader:
    how = reader.reads.get(table.name, Read())
    lacking = (pl.col("found") < minimum).fill_null(value=False)
    short = (pl.col("ready") & ~_reached(readiness)).fill_null(value=False)
    unready = lacking | short if how.ready else lacking
    counts = rows.select(
        pl.len().alias("rows"),
        lacking.sum().alias("lacking"),
        unready.sum().alias("unready"),
        pl.col("found").is_null().sum().alias("never"),
    )
    return Reader(reader.name, *counts.row(0))


def _fitting(
    full: int, errors: Mapping[int, Error], baseline: Error | None, within: float
) -> int | None:
    """Fewest games from which on every row is within the baseline; None where there is none."""
    if baseline is None:
        return None
    fewest = full
    for games in range(full - 1, 0, -1):
        if games not in errors or errors[games].exceeds(baseline, within):
            break
        fewest = games
    return fewest


def _sweep(
    setting: str, present: float, values: Sequence[Value], baseline: Error | None, within: float
) -> Sweep:
    """The sweep with what it recommends."""
    if baseline is None:
        of = "nobody has two full windows yet" if values[-1].games else "its rows have no window"
        why = f"there is no error to weigh, because {of}"
        return Sweep(setting, present, tuple(values), present, f"{present:g}, as now: {why}")

    def gain(value: Value) -> int:
        return value.rows if setting == MINIMUM else value.ready

    most = max(gain(value) for value in values if value.fits)
    best = max(
        (value for value in values if value.fits and gain(value) == most),
        key=lambda value: (value.value == present, value.value),
    )
    now = next(value for value in values if value.value == present)
    if best is now and all(gain(value) == most for value in values):
        why = f"{present:g}, as now: no value gives or takes a row"
    else:
        lower = next((a for a, b in pairwise(values) if b is best), None)
        why = _why(best, now, lower, baseline, within)
    return Sweep(setting, present, tuple(values), best.value, why)


def _why(best: Value, now: Value, lower: Value | None, baseline: Error, within: float) -> str:
    """The recommendation as a sentence, with what was measured."""
    limit = "" if within == 1 else f"{within:g} times "
    text = f"{best.value:g}{', as now' if best is now else ''}: a row of {best.games} games "
    between = f"{_off(baseline)} between two full windows"
    if best.error:
        text += f"is {_off(best.error)} standard deviations off, within {limit}the {between}"
    else:
        text += f"has a full window; fewer games exceed {limit}the baseline of {between}"
    if best is not now:
        text += (
            f"; {best.rows - now.rows:+,} rows, {best.ready - now.ready:+,} ready, "
            f"{best.dates - now.dates:+,} dates against {now.value:g}"
        )
    if lower is not None and lower.error is not None:
        more = "" if lower.rows + lower.ready > best.rows + best.ready else ", for no row more"
        text += f"; {lower.value:g} is {_off(lower.error)} off{more}"
    return text


def _off(error: Error) -> str:
    return f"{error.median:.2f} (at {100 * TAIL:.0f} % {error.tail:.2f})"
