"""Leak: rows of a date as the whole season gives them, against what was known before the date.

The sources are cut as they were before the first event of the date, then every table is computed
again from them, each from the rows just computed. A feature that needs anything later differs.
"""

from __future__ import annotations

import pickle
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from nba_local.cluster import fingerprint
from nba_local.cluster.task import Task
from nba_local.cluster.work import registry_here
from nba_local.errors import MissingUpstreamError
from nba_local.proofs.chain import (
    Chain,
    chain_bytes,
    chain_of,
    dates_with_rows,
    load,
    side_by_side,
    spread,
)
from nba_local.tables.cells import Cell, cells
from nba_local.tables.results import Computed, Progress, silent

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from nba_local.cluster.task import Engine
    from nba_local.storage.workspace import Workspace
    from nba_local.tables.calendar import Interval, Season
    from nba_local.tables.registry import RuleSet
    from nba_local.tables.table import Table

NOW, THEN = "__now", "__then"
"""What the whole season gives; suffix of a column as it was known before the date."""

SAMPLES = 3
"""Differing cells of a column that are shown."""

ROW, NON_ROW, NOTHING = "row", "non-row", "-"
"""What differs where it is not a column, and what the other side says then."""


@dataclass(frozen=True, slots=True)
class DateSample:
    """Which dates are compared: those in `spans`, at most `most` of them, evenly spread."""

    spans: tuple[Interval, ...]
    most: int | None = None

    def of(self, dates: Iterable[dt.date]) -> list[dt.date]:
        """The sample of `dates`, which are sorted."""
        return spread([d for d in dates if any(d in span for span in self.spans)], self.most)


@dataclass(frozen=True, slots=True)
class HindsightDiff:
    """What differs on a date: a cell, or that one side has a row or a non-row.

    now: As the whole season gives it. then: as it was known before the date.
    """

    date: dt.date
    grain: tuple[str, ...]
    column: str
    now: str
    then: str


@dataclass(frozen=True, slots=True)
class Leak:
    """How a table on some dates depends on what came to be known later.

    rows, cells, non_rows: Compared. differing: cells by column. only_now, only_then: rows that one
    side has. hindsight: whether the table may have such rows. non_rows_differing: entities.
    """

    table: str
    season: Season
    dates: tuple[dt.date, ...]
    rows: int
    cells: int
    differing: Mapping[str, int]
    only_now: int
    only_then: int
    hindsight: bool
    non_rows: int
    non_rows_differing: int
    samples: tuple[HindsightDiff, ...]

    @property
    def leaks(self) -> bool:
        """Whether anything differs that must not."""
        membership = 0 if self.hindsight else self.only_now + self.only_then
        return bool(self.differing or membership or self.non_rows_differing)


def leak(  # noqa: PLR0913 - what is compared, and where
    work: Workspace,
    tables: Sequence[Table],
    season: Season,
    sample: DateSample,
    *,
    progress: Progress = silent,
    engine: Engine | None = None,
) -> tuple[Leak, ...]:
    """Compare `tables` on the dates of `sample`. Reads pulled rows only, writes nothing.

    engine: Compares a share of the dates in each of its slots; the result is the same.

    Raises:
        MissingUpstreamError: A table has no rows, or none on those dates.
        ClusterError: A share could not be compared elsewhere.
    """
    by_date: list[list[Leak]] = []
    if engine:
        parts = min(engine.slots, sample.most or engine.slots)
        under_way = [engine.submit(task) for task in _tasks(work, tables, season, sample, parts)]
        for done, future in enumerate(under_way, start=1):
            by_date += pickle.loads(future.result())
            progress(f"leak {season}, shares", done, parts)
        by_date.sort(key=lambda leaks: leaks[0].dates)
    else:
        for leaks, total in _compared(load(work, tables, season), work.rules, tables, sample):
            by_date.append(leaks)
            progress(f"leak {season}", len(by_date), total)
    return tuple(_together(parts) for parts in zip(*by_date, strict=True))


def _compared(
    chain: Chain,
    rules: RuleSet,
    tables: Sequence[Table],
    sample: DateSample,
    share: tuple[int, int] = (0, 1),
) -> Iterator[tuple[list[Leak], int]]:
    """The tables on one date after the other, and how many dates there are.

    share: Which of how many shares of the dates.
    """
    season, now = chain.season, chain.computed(rules)
    dates = sample.of(_dates(chain, tables, now))
    if not dates:
        raise MissingUpstreamError(
            f"no table has rows of {season} on these dates; nothing was compared",
            hint="bootstrap days and days without games have none",
        )
    now = {table.name: _of_dates(table, now[table.name], dates) for table in tables}

    def compared(date: dt.date) -> list[Leak]:
        then = before_first_event(chain, rules, date)
        return [_compare(t, season, date, now[t.name], then[t.name]) for t in tables]

    part, parts = share
    chosen = dates[part::parts]
    for leaks in side_by_side(compared, chosen):
        yield leaks, len(chosen)


def _tasks(
    work: Workspace, tables: Sequence[Table], season: Season, sample: DateSample, parts: int
) -> list[Task]:
    """A task for each share of the dates; all are given the same rows. Reads the raw files."""
    names = [table.name for table in tables]
    homes = (work.registry.package, *work.registry.beside)
    code = fingerprint.of(fingerprint.COMPUTING, homes)
    shared = chain_bytes(work, tables, season)
    return [
        Task(
            f"leak {season}, share {part + 1} of {parts}",
            f"{__name__}:share",
            pickle.dumps((names, work.rules, sample, (part, parts))),
            code,
            shared,
        )
        for part in range(parts)
    ]


def share(body: bytes, shared: bytes) -> bytes:
    """Compare a share of the dates on a worker: what `_compared` gives of it, pickled."""
    registry = registry_here()
    names, rules, sample, chosen = pickle.loads(body)
    tables = [registry.table(name) for name in names]
    found = _compared(chain_of(shared, registry), rules, tables, sample, chosen)
    return pickle.dumps([leaks for leaks, _ in found])


def before_first_event(chain: Chain, rules: RuleSet, date: dt.date) -> dict[str, Computed]:
    """Every table as it comes out on the morning of `date`."""
    return chain.computed(rules, date, lambda table, rows: known_before(table, rows, date))


def known_before(table: Table, rows: pl.LazyFrame, date: dt.date) -> pl.LazyFrame:
    """What was known of `rows` of a source table before the first event of `date`."""
    if table.known_before is not None:
        return table.known_before(rows, date)
    return rows.filter(pl.col(table.partition_by) < date)


def _dates(
    chain: Chain, tables: Sequence[Table], computed: Mapping[str, Computed]
) -> list[dt.date]:
    """Dates on which a table says who has a row or who has none, sorted."""
    rows = dates_with_rows(chain, tables, {name: c.rows for name, c in computed.items()})
    return sorted({*rows, *(day for t in tables for day in computed[t.name].non_rows["date"])})


def _of_dates(table: Table, computed: Computed, dates: Sequence[dt.date]) -> Computed:
    """`computed` without the other dates, which are the bulk of it."""
    wanted = pl.Series(dates, dtype=pl.Date).implode()
    return Computed(
        computed.rows.filter(pl.col(table.partition_by).is_in(wanted)),
        computed.non_rows.filter(pl.col("date").is_in(wanted)),
        computed.dates.filter(pl.col("date").is_in(wanted)),
    )


def _compare(table: Table, season: Season, date: dt.date, now: Computed, then: Computed) -> Leak:
    """One date of a table."""
    by, grain = table.partition_by, list(table.contract.grain)
    ours, theirs = (side.rows.filter(pl.col(by) == date) for side in (now, then))
    both = ours.join(theirs, on=grain, suffix=THEN)
    all_cells = list(cells(table, pl.concat([ours, theirs])))
    differs = both.select(c.value().ne_missing(c.value(THEN)).alias(c.name) for c in all_cells)
    differing = {c.name: n for c in all_cells if (n := int(differs[c.name].sum()))}
    only_now = ours.join(theirs, on=grain, how="anti")
    only_then = theirs.join(ours, on=grain, how="anti")
    absent, absent_then = (_non_rows(table, side, date) for side in (now, then))
    changed = sorted(
        entity
        for entity in absent.keys() | absent_then.keys()
        if absent.get(entity) != absent_then.get(entity)
    )
    keys = [c for c in grain if c != by]
    samples = [
        *_cells(both, differs, [c for c in all_cells if c.name in differing], keys, date),
        *([] if table.hindsight_rows else _membership(only_now, only_then, keys, date)),
        *(
            HindsightDiff(date, (e,), NON_ROW, absent.get(e, NOTHING), absent_then.get(e, NOTHING))
            for e in changed[:SAMPLES]
        ),
    ]
    return Leak(
        table=table.name,
        season=season,
        dates=(date,),
        rows=both.height,
        cells=both.height * len(all_cells),
        differing=differing,
        only_now=only_now.height,
        only_then=only_then.height,
        hindsight=table.hindsight_rows,
        non_rows=len(absent.keys() | absent_then.keys()),
        non_rows_differing=len(changed),
        samples=tuple(samples),
    )


def _non_rows(table: Table, computed: Computed, date: dt.date) -> dict[str, str]:
    """Who has no row on `date`, and all that is said of why; without what hindsight tells."""
    there = computed.non_rows.filter(
        pl.col("date") == date, ~pl.col("reason").is_in(sorted(table.hindsight_reasons))
    )
    says = there.select("entity", pl.struct(pl.exclude("date", "entity")).struct.json_encode())
    reasons: dict[str, str] = {}
    for entity, text in says.sort(pl.all()).rows():
        reasons[entity] = f"{reasons[entity]} {text}" if entity in reasons else text
    return reasons


def _cells(
    both: pl.DataFrame,
    differs: pl.DataFrame,
    differing: Sequence[Cell],
    keys: Sequence[str],
    date: dt.date,
) -> Iterator[HindsightDiff]:
    for cell in differing:
        sides = (cell.value().alias(NOW), cell.value(THEN).alias(THEN))
        for row in both.filter(differs[cell.name]).head(SAMPLES).select(*keys, *sides).rows():
            *grain, now, then = map(str, row)
            yield HindsightDiff(date, tuple(grain), cell.name, now, then)


def _membership(
    only_now: pl.DataFrame, only_then: pl.DataFrame, keys: Sequence[str], date: dt.date
) -> Iterator[HindsightDiff]:
    for rows, now, then in ((only_now, ROW, NOTHING), (only_then, NOTHING, ROW)):
        for row in rows.head(SAMPLES).select(keys).rows():
            yield HindsightDiff(date, tuple(map(str, row)), ROW, now, then)


def _together(parts: Sequence[Leak]) -> Leak:
    """The dates of one table as one result, with the first samples of each column."""
    differing = Counter[str]()
    samples: dict[str, list[HindsightDiff]] = {}
    for part in parts:
        differing.update(part.differing)
        for sample in part.samples:
            samples.setdefault(sample.column, []).append(sample)
    return Leak(
        table=parts[0].table,
        season=parts[0].season,
        dates=tuple(date for part in parts for date in part.dates),
        rows=sum(part.rows for part in parts),
        cells=sum(part.cells for part in parts),
        differing=dict(differing.most_common()),
        only_now=sum(part.only_now for part in parts),
        only_then=sum(part.only_then for part in parts),
        hindsight=parts[0].hindsight,
        non_rows=sum(part.non_rows for part in parts),
        non_rows_differing=sum(part.non_rows_differing for part in parts),
        samples=tuple(s for cells in samples.values() for s in cells[:SAMPLES]),
    )
