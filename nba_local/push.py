"""Push: published dates into a warehouse, all tables in one transaction, then read back."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from nba_local.errors import VerificationError
from nba_local.partition import Interval, Season
from nba_local.step import QUARANTINED, STATE_OK, Progress, PushResult, TablePush, silent
from nba_local.store import changed_dates
from nba_local.warehouse import Replacement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nba_local.ledger import Ledger
    from nba_local.store import Store
    from nba_local.table import Table
    from nba_local.warehouse import Warehouse
    from nba_local.workspace import Workspace


@dataclass(frozen=True, slots=True)
class _Local:
    """Computed dates of one table: run that last changed each published one, and the empty ones."""

    changed_run: Mapping[dt.date, str]
    rows: Mapping[dt.date, int]
    empty: frozenset[dt.date]


def plan_push(
    work: Workspace, warehouse: Warehouse, tables: Sequence[Table], within: Sequence[Interval]
) -> PushResult:
    """What a push of the dates of `tables` in any of `within` would replace. Writes nothing.

    A date is `new` where the target has none of it, `changed` where its rows differ, `gone` where
    the target has rows of a date that has none here. Quarantined and uncomputed ones are left out.
    """
    as_of = warehouse.now()
    plans = [_compare(work, warehouse, table, within, as_of) for table in tables]
    return PushResult(None, warehouse.url, tuple(plans), 0)


def _compare(
    work: Workspace,
    warehouse: Warehouse,
    table: Table,
    within: Sequence[Interval],
    as_of: dt.datetime,
) -> TablePush:
    local = _local(work.ledger, table, within)
    hull = Interval(min(s.start for s in within), max(s.end for s in within))
    remote = warehouse.partitions(table, hull, as_of)
    pushed = {
        dt.date.fromisoformat(row["date"]): row["changed_run"]
        for row in work.ledger.rows(
            "SELECT date, changed_run FROM pushes "
            "WHERE warehouse = ? AND table_name = ? AND verified",
            (warehouse.url, table.name),
        )
    }
    new = [d for d in local.rows if d not in remote]
    unsure = [
        d
        for d, rows in local.rows.items()
        if d in remote and (remote[d].rows != rows or pushed.get(d) != local.changed_run[d])
    ]
    changed: list[dt.date] = []
    if unsure:
        span = _span(unsure)
        theirs = _of_dates(warehouse.read(table, span, as_of), table, unsure)
        ours = _rows(work.store, table, unsure)
        changed = list(changed_dates(theirs, ours, table.partition_by, table.contract.columns))
    gone = sorted(local.empty & remote.keys())
    return TablePush(
        table=table.name,
        new=tuple(sorted(new)),
        changed=tuple(sorted(changed)),
        gone=tuple(gone),
        same=len(local.rows) - len(new) - len(changed),
        rows=sum(local.rows[d] for d in (*new, *changed)),
    )


def push(
    work: Workspace, warehouse: Warehouse, planned: PushResult, *, progress: Progress = silent
) -> PushResult:
    """Do what `planned` says: one transaction for all tables, then read back and compare.

    Writes the warehouse and the ledger.

    Raises:
        WarehouseError: The warehouse refused; nothing changed there.
        VerificationError: What was read back is not what was pushed; the push is not recorded.
    """
    todo = [p for p in planned.tables if p.dates]
    if not todo:
        return planned
    push_id = uuid.uuid4().hex[:12]
    with work.ledger.run(
        "push",
        work.rules.name,
        warehouse=warehouse.url,
        push_id=push_id,
        dates={p.table: len(p.dates) for p in todo},
    ) as run:
        changes = [_replacement(work, p) for p in todo]
        progress("push", 0, 2)
        receipt = warehouse.replace(changes, push_id)
        progress("verify", 1, 2)
        verified = sum(_verify(warehouse, change) for change in changes)
        for p in todo:
            _record(work, warehouse.url, p, push_id)
        progress("verify", 2, 2)
        run.result = {"rows": dict(receipt.rows), "jobs": list(receipt.jobs), "verified": verified}
    return PushResult(push_id, warehouse.url, planned.tables, verified)


def _replacement(work: Workspace, planned: TablePush) -> Replacement:
    table = work.registry.table(planned.table)
    return Replacement(table, planned.dates, _rows(work.store, table, planned.dates))


def _local(ledger: Ledger, table: Table, within: Sequence[Interval]) -> _Local:
    rows = ledger.rows(
        "SELECT date, state, rows, changed_run FROM partitions WHERE table_name = ? ORDER BY date",
        (table.name,),
    )
    every = [(dt.date.fromisoformat(row["date"]), row) for row in rows]
    dated = [(day, row) for day, row in every if any(day in span for span in within)]
    return _Local(
        changed_run={d: row["changed_run"] for d, row in dated},
        rows={d: row["rows"] for d, row in dated if row["state"] == STATE_OK},
        empty=frozenset(d for d, row in dated if row["state"] not in {STATE_OK, QUARANTINED}),
    )


def _rows(store: Store, table: Table, dates: Sequence[dt.date]) -> pl.DataFrame:
    seasons = sorted({Season.of(date) for date in dates})
    return _of_dates(store.scan("published", table, seasons).collect(), table, dates)


def _of_dates(frame: pl.DataFrame, table: Table, dates: Sequence[dt.date]) -> pl.DataFrame:
    return frame.filter(pl.col(table.partition_by).is_in(list(dates)))


def _span(dates: Sequence[dt.date]) -> Interval:
    return Interval(min(dates), max(dates) + dt.timedelta(days=1))


def _verify(warehouse: Warehouse, change: Replacement) -> int:
    """Read the pushed dates back and compare every cell; returns the number of rows."""
    table, by = change.table, change.table.partition_by
    theirs = warehouse.read(table, _span(change.dates), warehouse.now())
    theirs = _of_dates(theirs, table, change.dates)
    wrong = changed_dates(change.rows, theirs, by, table.contract.columns)
    if wrong:
        raise VerificationError(
            f"{table.name}: {len(wrong)} of {len(change.dates)} pushed dates read back different "
            f"rows, first {wrong[0]}; the push is not recorded as done",
            hint="run the push again: it compares every date that is not verified",
        )
    return theirs.height


def _record(work: Workspace, url: str, done: TablePush, push_id: str) -> None:
    table, ledger = work.registry.table(done.table), work.ledger
    local = _local(ledger, table, [_span(done.dates)])
    with ledger.transaction():
        ledger.put(
            "pushes",
            [
                {
                    "warehouse": url,
                    "table_name": table.name,
                    "date": date.isoformat(),
                    "rows": local.rows.get(date, 0),
                    "changed_run": local.changed_run[date],
                    "push_id": push_id,
                    "verified": 1,
                }
                for date in done.dates
            ],
        )
