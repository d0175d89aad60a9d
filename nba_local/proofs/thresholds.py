"""Thresholds: what moving a table's minimum of games and its readiness threshold gains and costs.

The table is computed twice in memory, nothing is published. Once with its bootstrap days and both
thresholds at their lowest, so that every row that any value would give is there; once with a
minimum that nobody reaches, so that every entity is a non-row that says how many games it has.
Every value of both sweeps is then a filter on these rows.

The error of a row made of n games is taken from the season itself: each figure of an entity's first
row of n games against the same figure of its first row of a full window of W games, which the n
games are part of, in standard deviations of the figure over all rows of a full window. How much of
it is the entity really changing cannot be told apart in one row, so there is a measure of that too:
the baseline, the same difference between that first full window and the next one, which shares no
game with it. Both are taken of the entities that have played two full windows.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import polars as pl

from nba_local.compute.compute import compute, inputs_of
from nba_local.compute.publish import READY
from nba_local.errors import MissingUpstreamError, UsageError
from nba_local.tables.results import Progress, silent
from nba_local.tables.table import Read

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nba_local.storage.workspace import Workspace
    from nba_local.tables.calendar import Season
    from nba_local.tables.registry import RuleSet
    from nba_local.tables.table import Table, Thresholds

MINIMUM, READINESS, BOOTSTRAP = "min_games", "readiness_threshold", "bootstrap_days"
"""The settings that are swept, and the one that hides rows of few games."""

PERCENTAGES = (50.0, 60.0, 70.0, 75.0, 80.0, 85.0, 90.0, 95.0, 100.0)
"""Readiness thresholds of the sweep, besides the present one. Shares are stored at one decimal,
which decides whole percentages rightly in windows of up to 15 games."""

UNREACHABLE = 10_000
"""Games that nobody has."""

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


def thresholds(
    work: Workspace,
    table: Table,
    season: Season,
    within: float = 1.0,
    *,
    progress: Progress = silent,
) -> Swept:
    """Sweep the thresholds of `table`. Reads what is pulled and published, writes nothing.

    within: Error that is accepted, in baselines.

    Raises:
        UsageError: The table says nothing of its thresholds, or the rules have no such settings.
        MissingUpstreamError: The season of the table is not published.
    """
    hangs = table.thresholds
    if hangs is None:
        raise UsageError(
            f"{table.name} does not say what hangs on its thresholds; nothing was done",
            hint=f"Table(thresholds=Thresholds(...)) in {table.name}/table.py",
        )
    states = work.ledger.rows(
        "SELECT date, state, rows, ready_rows FROM partitions WHERE table_name = ? AND season = ?",
        (table.name, season.year),
    )
    if not states:
        raise MissingUpstreamError(
            f"{table.name} {season} was never computed; nothing was done",
            hint=f"nba-local backfill {season}",
        )
    settings = work.rules.of(table.name)
    minimum = getattr(settings, MINIMUM) if hangs.games else 0
    readiness = float(getattr(settings, READINESS))
    title = f"thresholds {table.name} {season}"

    progress(title, 0, 3)
    every = everything(work, table, hangs, season).collect()
    progress(title, 1, 3)
    errors, entities = errors_of(every.lazy(), hangs)
    baseline = errors.pop(2 * hangs.games, None) if hangs.games else None
    fitting = _fitting(hangs.games, errors, baseline, within)
    progress(title, 2, 3)
    hidden = [dt.date.fromisoformat(row["date"]) for row in states if row["state"] == "bootstrap"]
    shown = every.filter(~pl.col("date").is_in(pl.Series(hidden, dtype=pl.Date).implode()))
    readers = [
        (reader, read(work, reader, table, season, shown.lazy()).collect())
        for reader in work.registry.features
        if table.name in reader.inputs
    ]

    def value(of: float, minimum: int, readiness: float, games: int) -> Value:
        return Value(
            value=of,
            **shown.select(_counted(minimum, readiness)).row(0, named=True),
            games=games,
            error=errors.get(games),
            fits=None if fitting is None else games >= fitting,
            readers=tuple(_reader(r, rows, table, minimum, readiness) for r, rows in readers),
        )

    sweeps = []
    if hangs.games:
        numbers = sorted({*range(1, hangs.games + 1), minimum})
        found = [value(n, n, readiness, min(n, hangs.games)) for n in numbers]
        sweeps.append(_sweep(MINIMUM, minimum, found, baseline, within))
    found = [
        value(share, minimum, share, math.ceil(share * hangs.games / 100))
        for share in sorted({*PERCENTAGES, readiness})
    ]
    sweeps.append(_sweep(READINESS, readiness, found, baseline, within))
    progress(title, 3, 3)

    return Swept(
        table=table.name,
        season=season,
        bootstrap_days=getattr(settings, BOOTSTRAP),
        games=hangs.games,
        entities=entities,
        within=within,
        baseline=baseline,
        errors=errors,
        published=sum(row["rows"] for row in states),
        published_ready=sum(row["ready_rows"] for row in states),
        sweeps=tuple(sweeps),
    )


def everything(work: Workspace, table: Table, hangs: Thresholds, season: Season) -> pl.LazyFrame:
    """Every row that any value of the thresholds gives, bootstrap days too.

    Rows: `date`, `entity`, `found` (its games so far; 0 for a table without a minimum), `share`
    (the lowest percentage; NULL where none is known), `ready` (but for the share), the figures.
    """
    inputs = inputs_of(work, table, season)
    today = min(work.today, season.interval.end)
    lowest = {BOOTSTRAP: 0, READINESS: 0, **({MINIMUM: 1} if hangs.games else {})}
    rules = _overridden(work.rules, table, lowest)
    rows = compute(table, inputs, rules=rules, season=season, today=today).rows
    ready = pl.col(READY) if READY in rows.columns else pl.lit(value=True)
    found = rows.lazy().select(
        pl.col(table.partition_by).alias("date"),
        pl.col(_entity(table)).alias("entity"),
        pl.min_horizontal(hangs.shares).cast(pl.Float64).alias("share"),
        ready.alias("ready"),
        pl.col(hangs.figures).cast(pl.Float64),
    )
    if not hangs.games:
        return found.with_columns(found=pl.lit(0, pl.Int64))
    rules = _overridden(rules, table, {MINIMUM: UNREACHABLE})
    absent = compute(table, inputs, rules=rules, season=season, today=today).non_rows
    counts = absent.lazy().filter(pl.col("needed") == UNREACHABLE).select("date", "entity", "found")
    return found.join(counts, on=["date", "entity"], how="left")


def errors_of(every: pl.LazyFrame, hangs: Thresholds) -> tuple[dict[int, Error], int]:
    """Errors by number of games, that of the baseline under two full windows; how many entities.

    every: See `everything`. Figures that never vary are left out. Entities that have not played
    two full windows are too, so that baseline and errors are those of the same.
    """
    full, figures = hangs.games, hangs.figures
    if not full:
        return {}, 0
    whole = every.filter(pl.col("found") >= full)
    deviations = whole.select(pl.col(figures).std()).collect().row(0, named=True)
    scales = {name: scale for name, scale in deviations.items() if scale}
    first = (
        every.filter((pl.col("found") <= full) | (pl.col("found") == 2 * full))
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
    found, entities = pl.collect_all(
        [overall.join(by_figure, on="found").sort("found"), reference.select(pl.len())]
    )
    errors = {
        row["found"]: Error(
            row["pairs"],
            row["median"],
            row["tail"],
            {worst["figure"]: worst["error"] for worst in row["worst"]},
        )
        for row in found.iter_rows(named=True)
    }
    return errors, entities.item()


def read(
    work: Workspace, reader: Table, table: Table, season: Season, shown: pl.LazyFrame
) -> pl.LazyFrame:
    """Published rows of `reader`, each with its row of `table`: `found`, `share`, `ready`.

    `found` is NULL where there is none at any threshold.
    """
    how = reader.reads.get(table.name, Read())
    rows = work.store.scan("published", reader, [season])
    own = _entity(reader)
    entity = how.column or own
    if how.of:
        source = work.registry.table(how.of)
        made = [name for name in source.volatile if name in source.contract.columns]
        named = (
            work.store.scan("raw", source, [season])
            .sort(made, nulls_last=False)
            .unique([own, source.partition_by], keep="last", maintain_order=True)
            .select(own, entity, pl.col(source.partition_by).alias(reader.partition_by))
        )
        rows = rows.select(own, reader.partition_by)
        rows = rows.join(named, on=[own, reader.partition_by], how="left")
    whose = rows.select(date=reader.partition_by, entity=entity)
    upstream = shown.select("date", "entity", "found", "share", "ready")
    return whose.join(upstream, on=["date", "entity"], how="left")


def _entity(table: Table) -> str:
    """The column that says whose row it is."""
    return next(name for name in table.order if name != table.partition_by)


def _overridden(rules: RuleSet, table: Table, settings: Mapping[str, int]) -> RuleSet:
    for key, value in settings.items():
        try:
            rules = rules.override(table.name, key, str(value))
        except KeyError as error:
            raise UsageError(f"the rules have no setting `{key}`; nothing was done") from error
    return rules


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
    if best.error:
        text += f"is {_off(best.error)} standard deviations off, within {limit}"
    else:
        text += f"has a full window, and {limit}"
    text += f"the {_off(baseline)} between two full windows"
    if best.error is None:
        text += " is less than fewer games are off"
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
