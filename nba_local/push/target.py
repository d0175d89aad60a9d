"""Target: the published dates of a table against what the target of a push has of them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from nba_local.errors import StaleError, UsageError
from nba_local.push import receipts, removals
from nba_local.storage.store import changed_dates
from nba_local.tables.calendar import Interval, by_season
from nba_local.tables.diff import diff
from nba_local.tables.push_results import Cost, PushResult, TablePush
from nba_local.warehouse import Later

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nba_local.push.receipts import Base, Local
    from nba_local.storage.workspace import Workspace
    from nba_local.tables.push_results import Removal
    from nba_local.tables.table import Table
    from nba_local.warehouse import Change, PartitionState, Warehouse

DAY = dt.timedelta(days=1)

LEAST_BILLED = 10 * 2**20
"""Bytes that BigQuery bills for a table of a query, however small it is."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a push may ask for.

    bytes: That its queries may bill. loads: Load jobs into one table within a day; BigQuery refuses
    more than 1,500, failed ones included. removed_dates, removed_percent: What it may take away of
    a table unasked, see `removals`.
    """

    bytes: int = 2 * 2**30
    loads: int = 1_400
    removed_dates: int = removals.REMOVED_DATES
    removed_percent: float = removals.REMOVED_PERCENT


def require_apart(work: Workspace, warehouse: Warehouse) -> None:
    """Raises: UsageError where the target is the data folder, or lies in it."""
    root = work.store.root.resolve()
    if warehouse.folder and warehouse.folder.resolve().is_relative_to(root):
        raise UsageError(
            f"{warehouse.url} is the data folder {work.store.root} itself; nothing was pushed",
            hint="name a folder outside of it with --to",
        )


def destination(work: Workspace, warehouse: Warehouse) -> str:
    """The target of a push as it is shown and recorded: warehouse and environment."""
    environment = work.registry.environment if warehouse.has_datasets else ""
    return f"{warehouse.url} ({environment})" if environment else warehouse.url


@dataclass(frozen=True, slots=True)
class Choice:
    """What a push may do beside adding and correcting rows.

    keep_stale, overwrite_stale: Leave or replace the dates that somebody else changed in the
        target; it stops where neither is said. allow_removals: Take away any number of rows.
    """

    keep_stale: bool = False
    overwrite_stale: bool = False
    allow_removals: bool = False


@dataclass(frozen=True, slots=True)
class Compared:
    """A table of a push: the plan, and what it was made from."""

    table: Table
    local: Local
    remote: Mapping[dt.date, PartitionState]
    bases: Mapping[dt.date, Base]
    plan: TablePush

    def dates(self, choice: Choice) -> tuple[dt.date, ...]:
        """Dates to be replaced."""
        stale = self.plan.stale if choice.overwrite_stale else ()
        return tuple(sorted((*self.plan.new, *self.plan.changed, *self.plan.gone, *stale)))


def compare(
    work: Workspace,
    warehouse: Warehouse,
    table: Table,
    within: Sequence[Interval],
    as_of: dt.datetime,
) -> Compared:
    """The dates of `table` in any of `within` against those of the target at `as_of`. Reads only.

    Rows are read where the ledger and the target's row counts and tokens leave a doubt.
    """
    local = receipts.local(work.ledger, table.name, within)
    bounds = work.bounds
    for season in {bounds.of(day) for day in local.rows}:  # also where nothing is to be sent
        work.store.files("published", table.name, season, hashed=True)
    bases = receipts.bases(work.ledger, warehouse.place(table), table.name)
    # every date that was ever pushed: a token may belong to a file that holds several of them
    hull = span([*bases, *(day for s in within for day in (s.start, s.end - DAY))])
    remote = warehouse.partitions(table, hull, as_of)

    def is_known(day: dt.date) -> bool:
        base = bases.get(day)
        return bool(
            base
            and base.changed_run == local.changed_run[day]
            and base.token == remote[day].token
            and remote[day].rows == local.rows[day]
        )

    new = [d for d in local.rows if d not in remote]
    unsure = [d for d in local.rows if d in remote and not is_known(d)]
    differing: list[dt.date] = []
    columns: dict[str, int] = {}
    lost: list[Removal] = []
    for _, days in by_season(unsure):
        theirs = of_dates(warehouse.read(table, span(days), as_of), table, days)
        ours = published(work, table, days)
        unlike = changed_dates(theirs, ours, table.partition_by, table.contract.columns)
        differing += unlike
        ours, theirs = (of_dates(frame, table, unlike) for frame in (ours, theirs))
        apart = diff(table, ours, theirs, table.contract.columns)
        lost += removals.of_rows(work.ledger, table, apart.only_right, theirs)
        for name, n in apart.columns.items():
            columns[name] = columns.get(name, 0) + n
    gone = sorted(local.empty & remote.keys())
    lost += removals.of_dates(work.ledger, table, gone, remote)
    moved = {d for d, base in bases.items() if d in remote and remote[d].token != base.token}
    stale = sorted(moved & {*differing, *gone})
    plan = TablePush(
        table=table.name,
        new=tuple(sorted(new)),
        changed=tuple(sorted(set(differing) - moved)),
        gone=tuple(d for d in gone if d not in moved),
        stale=tuple(stale),
        same=len(local.rows) - len(new) - len(differing),
        rows=sum(local.rows[d] for d in (*new, *differing)),
        columns=dict(sorted(columns.items(), key=lambda item: (-item[1], item[0]))),
        there=sum(state.rows for day, state in remote.items() if any(day in s for s in within)),
        removals=tuple(lost),
        emptied=tuple(gone),
    )
    return Compared(table, local, remote, bases, plan)


def cost_of(warehouse: Warehouse, changes: Sequence[Change]) -> Cost:
    """Jobs and bytes of a push: loads, a proof per load, a transaction that reads and writes.

    A folder runs no jobs and bills nothing.
    """
    if not warehouse.has_datasets:
        return Cost(0, 0, 0)
    loads = [change for change in changes if change.rows.height]
    size = sum(max(LEAST_BILLED, _size_of(change)) for change in loads)
    # a proof reads a column of the staged rows, the transaction all of them, and as much of the
    # target's dates to delete them
    return Cost(len(loads), len(loads) + bool(changes), int(3 * size))


def _size_of(change: Change) -> int:
    """Bytes of the rows in memory; where they are not read yet, as those of the first season."""
    if not isinstance(change.rows, Later):
        return int(change.rows.estimated_size())
    first = change.of(by_season(change.dates)[0][1])
    return int(first.estimated_size() / max(1, first.height) * change.rows.height)


def require_allowed(planned: PushResult, choice: Choice, limits: Limits) -> None:
    """Refuse what nobody asked for.

    Raises:
        StaleError: Dates are stale and `choice` says nothing about them.
        RemovalError: More rows would be taken away than is allowed unasked.
    """
    refuse_stale(planned, choice)
    if not choice.allow_removals:
        removals.refuse_large(planned, limits, with_stale=choice.overwrite_stale)


def refuse_stale(planned: PushResult, choice: Choice) -> None:
    """Raises: StaleError where dates are stale and `choice` says nothing about them."""
    stale = {t.table: t.stale for t in planned.tables if t.stale}
    if not stale or choice.keep_stale or choice.overwrite_stale:
        return
    count = sum(map(len, stale.values()))
    name, days = next(iter(stale.items()))
    raise StaleError(
        f"{count} dates were written in {planned.warehouse} by somebody else since they were last "
        f"pushed or compared, and differ from the rows here: {name} {days[0]} first; "
        "nothing was pushed",
        hint="see `nba-local push --dry-run`; --keep-stale leaves them, --overwrite-stale replaces "
        "them",
    )


def result_of(
    target: str, as_of: dt.datetime, compared: Sequence[Compared], cost: Cost
) -> PushResult:
    """A plan as what a push reports."""
    return PushResult(None, target, as_of, tuple(t.plan for t in compared), cost)


def with_logs(work: Workspace, tables: Sequence[Table]) -> list[Table]:
    """The tables of a push with the logs that it writes."""
    return [*tables, *work.registry.logs.values()]


def published(work: Workspace, table: Table, dates: Sequence[dt.date]) -> pl.DataFrame:
    """The published rows of `dates`."""
    bounds = work.bounds
    seasons = sorted({bounds.of(date) for date in dates})
    return of_dates(work.store.read("published", table, seasons, hashed=True), table, dates)


def of_dates(frame: pl.DataFrame, table: Table, dates: Iterable[dt.date]) -> pl.DataFrame:
    """The rows of `dates`."""
    return frame.filter(pl.col(table.partition_by).is_in(list(dates)))


def span(dates: Iterable[dt.date]) -> Interval:
    """From the first to the last of `dates`, of which there is one at least."""
    days = sorted(dates)
    return Interval(days[0], days[-1] + DAY)
