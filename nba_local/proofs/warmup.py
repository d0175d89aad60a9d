"""Warm-up: from which day of a season on each column is worth reading.

A date in the middle of the season is made opening night: all earlier source rows are dropped and
every table is computed again without bootstrap days. Day k after it then has just the state that
the k-th day of a season has, and the full season says what the value is with all the history.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import polars as pl

from nba_local.errors import MissingUpstreamError, UsageError
from nba_local.proofs.chain import Chain, dates_with_rows, load, side_by_side, spread
from nba_local.tables.cells import Cell, cells
from nba_local.tables.results import Progress, silent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nba_local.storage.workspace import Workspace
    from nba_local.tables.calendar import Season
    from nba_local.tables.registry import RuleSet
    from nba_local.tables.results import Computed
    from nba_local.tables.table import Table

EARLIEST, LATEST = 0.25, 0.60
"""Parts of the season between which it is opened anew: history before, enough days after."""

BREAK, CALM_DAYS = 4, 30
"""A gap of more days between dates with rows is a break; no season has one in its first days."""

THEN, THERE = "__then", "__there"
"""Suffix of a column of the season that opens late, and whether that season has the row."""

BOOTSTRAP = "bootstrap_days"
"""The setting that this is about: days from opening night on that get no rows."""

CONSTANT, TIME, PROVENANCE = "constant", "date or time", "provenance"
"""Why a column is not measured: one value all season, when it was, what a row was made from."""


@dataclass(frozen=True, slots=True)
class Method:
    """How it is measured.

    openings: Dates made opening night. horizon: days compared after each. tolerance: how far two
    numbers may lie apart to agree, in standard deviations of the column over the season. share: of
    the rows of a day that must agree, 0 to 1.
    """

    openings: int
    horizon: int
    tolerance: float
    share: float


@dataclass(frozen=True, slots=True)
class ColumnWarmup:
    """A column, or a named element of its lists.

    day: First day from which on enough rows agree; None where no such day was seen. agree: share of
    the rows of each day that agree; None where the day has none.
    """

    name: str
    day: int | None
    agree: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Warmup:
    """A table after opening night.

    days: Days after opening night on which the full season has rows; 0 is opening night itself.
    rows, present: how many it has, and the share of them that is there. left_out: columns that say
    nothing of it, and why.
    """

    table: str
    season: Season
    openings: tuple[dt.date, ...]
    method: Method
    bootstrap_days: int
    days: tuple[int, ...]
    rows: tuple[int, ...]
    present: tuple[float, ...]
    columns: tuple[ColumnWarmup, ...]
    left_out: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Measure:
    """A cell whose agreement is measured.

    apart: How far two numbers may lie apart; None for what is equal or is not.
    """

    cell: Cell
    apart: float | None = None

    def agrees(self) -> pl.Expr:
        """Whether both seasons say the same, or nearly."""
        full, late = self.cell.value(), self.cell.value(THEN)
        same = full.eq_missing(late)
        if self.apart is None:
            return same
        distance = (full.cast(pl.Float64) - late.cast(pl.Float64)).abs()
        return same | (distance <= self.apart).fill_null(value=False)


def warmup(
    work: Workspace,
    tables: Sequence[Table],
    season: Season,
    method: Method,
    *,
    progress: Progress = silent,
) -> tuple[Warmup, ...]:
    """Measure `tables` over `season`. Reads pulled rows only, writes nothing.

    Raises:
        UsageError: The rules have no bootstrap days.
        MissingUpstreamError: A table has no rows.
    """
    chain = load(work, tables, season)
    rules = without_bootstrap(work.rules, chain.features)
    full = {name: result.rows for name, result in chain.computed(rules).items()}
    openings = openings_of(chain, dates_with_rows(chain, tables, full), method.openings)
    measured = {t.name: measures_of(t, full[t.name], method.tolerance) for t in tables}

    def opened(opening: dt.date) -> list[pl.DataFrame]:
        late = opened_on(chain, rules, opening, method.horizon)
        return [
            _by_day(t, measured[t.name][0], opening, full[t.name], late[t.name].rows).filter(
                pl.col("day").is_between(0, method.horizon)
            )
            for t in tables
        ]

    counts: list[list[pl.DataFrame]] = [[] for _ in tables]
    for done, frames in enumerate(side_by_side(opened, openings), start=1):
        for of_table, frame in zip(counts, frames, strict=True):
            of_table.append(frame)
        progress(f"warmup {season}", done, len(openings))
    pooled = [pl.concat(frames).group_by("day").sum().sort("day") for frames in counts]
    return tuple(
        Warmup(
            table=t.name,
            season=season,
            openings=tuple(openings),
            method=method,
            bootstrap_days=getattr(work.rules.of(t.name), BOOTSTRAP),
            days=tuple(days["day"]),
            rows=tuple(days["rows"]),
            present=tuple(days["there"] / days["rows"]),
            columns=_columns(measured[t.name][0], days, method.share),
            left_out=measured[t.name][1],
        )
        for t, days in zip(tables, pooled, strict=True)
    )


def without_bootstrap(rules: RuleSet, tables: Sequence[Table]) -> RuleSet:
    """The same rules, with rows from opening night on.

    Raises:
        UsageError: There is no such setting.
    """
    try:
        for table in tables:
            rules = rules.override(table.name, BOOTSTRAP, "0")
    except KeyError as error:
        raise UsageError(f"the rules have no setting `{BOOTSTRAP}`; nothing was done") from error
    return rules


def openings_of(chain: Chain, dates: Sequence[dt.date], most: int) -> list[dt.date]:
    """The dates that are made opening night, of the sorted `dates` with rows.

    The season lasts as long as its sources, so that any choice of tables has the same openings.
    Those with a break soon after are taken only where there are no others.

    Raises:
        MissingUpstreamError: There is none.
    """
    game_days = {day for table, rows in chain.sources for day in rows[table.partition_by].unique()}
    days = [day for day in game_days if day in chain.interval and day <= chain.today]
    first, last = min(days), max(days)
    earliest, latest = (first + part * (last - first) for part in (EARLIEST, LATEST))
    breaks = [day for day, after in pairwise(dates) if (after - day).days > BREAK]
    openings = [date for date in dates if earliest <= date <= latest]
    if not openings:
        raise MissingUpstreamError(f"{chain.season} has too few dates yet; nothing was measured")
    calm = [d for d in openings if not any(0 <= (b - d).days < CALM_DAYS for b in breaks)]
    return spread(calm or openings, most)


def opened_on(chain: Chain, rules: RuleSet, opening: dt.date, horizon: int) -> dict[str, Computed]:
    """Every table as if the season had begun on `opening`, for at least `horizon` days."""
    until = min(chain.today, opening + dt.timedelta(days=horizon + 1))
    return chain.computed(
        rules, until, lambda table, rows: rows.filter(pl.col(table.partition_by) >= opening)
    )


def measures_of(
    table: Table, rows: pl.DataFrame, tolerance: float
) -> tuple[tuple[Measure, ...], dict[str, str]]:
    """What is measured of a table of which `rows` are a season; what else it has and why not that.

    Grain and volatile columns are in neither. `source_*` and hashes differ as long as anything
    does. A constant is right from the first day on and would embellish the result.
    """
    measures: list[Measure] = []
    left_out: dict[str, str] = {}
    for cell in cells(table, rows):
        values = rows.select(cell.value()).to_series()
        if cell.column.startswith("source_") or cell.column.endswith("hash"):
            left_out[cell.name] = PROVENANCE
        elif values.dtype.is_temporal():
            left_out[cell.name] = TIME
        elif values.n_unique() == 1:
            left_out[cell.name] = CONSTANT
        elif values.dtype.is_numeric():
            deviation = rows.select(cell.value().cast(pl.Float64).std()).item() or 0.0
            measures.append(Measure(cell, tolerance * deviation))
        else:
            measures.append(Measure(cell))
    return tuple(measures), left_out


def _by_day(
    table: Table,
    measures: Sequence[Measure],
    opening: dt.date,
    full: pl.DataFrame,
    late: pl.DataFrame,
) -> pl.DataFrame:
    """How many rows of the full season there are by day after `opening`.

    Rows: `day`, `rows`, `there` (those that the season opened late has too), and in a column named
    by the place of each measure those that agree.
    """
    there = pl.col(THERE).fill_null(value=False)
    both = full.join(
        late.with_columns(pl.lit(value=True).alias(THERE)),
        on=list(table.contract.grain),
        how="left",
        suffix=THEN,
    )
    return both.group_by(day=(pl.col(table.partition_by) - opening).dt.total_days()).agg(
        there.sum().alias("there"),
        *((there & m.agrees()).sum().alias(str(i)) for i, m in enumerate(measures)),
        rows=pl.len(),
    )


def _columns(
    measures: Sequence[Measure], pooled: pl.DataFrame, share: float
) -> tuple[ColumnWarmup, ...]:
    """The curve of each measure, and the first day from which on it is high enough."""
    columns = []
    for place, measure in enumerate(measures):
        agree = tuple(
            same / there if there else None
            for same, there in zip(pooled[str(place)], pooled["there"], strict=True)
        )
        first = None
        for day, reached in reversed(list(zip(pooled["day"], agree, strict=True))):
            if reached is not None and reached < share:
                break
            first = day if reached is not None else first
        columns.append(ColumnWarmup(measure.cell.name, first, agree))
    return tuple(columns)
