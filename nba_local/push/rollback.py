"""Rollback: the dates of a push get back the rows they had before it, by the road of a push."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from nba_local.errors import UsageError
from nba_local.push import receipts, run_log
from nba_local.push.target import (
    Choice,
    Compared,
    Limits,
    cost_of,
    destination,
    of_dates,
    refuse_stale,
    require_apart,
    result_of,
    span,
)
from nba_local.push.transfer import carry_out, settle, under_way, verify
from nba_local.storage import queries
from nba_local.storage.rows import Intent
from nba_local.tables.push_results import Cost, PushResult, TablePush
from nba_local.tables.results import Progress, silent
from nba_local.warehouse import Later, Replacement

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from nba_local.storage.workspace import Workspace
    from nba_local.tables.table import Table
    from nba_local.warehouse import Change, Warehouse


def rollback(  # noqa: PLR0913 - what is undone where, and what may happen
    work: Workspace,
    warehouse: Warehouse,
    run: str,
    *,
    choice: Choice = Choice(),  # noqa: B008 - frozen
    limits: Limits = Limits(),  # noqa: B008 - frozen
    progress: Progress = silent,
) -> PushResult:
    """Give the dates of a push back the rows they had before it, and read them back.

    One that is done already, also by a rollback that was killed, is done: nothing is changed.

    run: Id of the push, or of its run in the history.

    Raises:
        UsageError: There is no such push, or it had no effect.
        StaleError: The dates were written again since; nothing was changed.
        WarehouseError, VerificationError: See `push`.
    """
    target = destination(work, warehouse)
    require_apart(work, warehouse)
    settle(work, warehouse)
    known = queries.pushes_to(work.ledger, target)
    undone = _undoable(known, run, target)
    if earlier := _earlier(known, undone):
        return _finish(work, warehouse, earlier, undone)
    tables = [work.registry.table(name) for name in undone.dates]
    with under_way(work, warehouse, undone.push_id) as push_id:
        as_of = warehouse.now()
        compared = [_before(work, warehouse, table, undone, as_of) for table in tables]
        changes: list[Change] = [
            Replacement(table, undone.of(table.name), _rows_before(warehouse, table, undone))
            for table in tables
        ]
        planned = result_of(target, as_of, compared, cost_of(warehouse, changes))
        if not choice.overwrite_stale:
            refuse_stale(planned, choice)
        changes += run_log.changes(
            work, {t.name: undone.of(t.name) for t in tables}, push_id, as_of, undone.push_id
        )
        changes += _failures_before(work, warehouse, undone, tables)
        dates = {
            side.table.name: {
                "new": tuple(d for d in undone.of(side.table.name) if d not in side.remote),
                "replaced": tuple(d for d in undone.of(side.table.name) if d in side.remote),
            }
            for side in compared
        }
        intent = Intent(push_id, "", target, receipts.BEGUN, as_of, None, "", dates, undone.push_id)
        return carry_out(work, warehouse, intent, changes, planned, compared, limits, progress)


def _undoable(known: Sequence[Intent], run: str, url: str) -> Intent:
    """The push that `run` names."""
    named = [p for p in known if run in {p.push_id, p.run_id}]
    if not named:
        committed = [p.push_id for p in known if p.committed]
        if not committed:
            raise UsageError(
                f"unknown push `{run}`: none of this data folder took effect in {url}",
                hint="nba-local runs; --to and --env name another target",
            )
        raise UsageError.unknown("push", run, committed)
    (push_,) = named
    if push_.committed is None:
        raise UsageError(f"push `{run}` to {url} took no effect; there is nothing to roll back")
    return push_


def _earlier(known: Sequence[Intent], undone: Intent) -> Intent | None:
    """The rollback that undid a push already; None where none took effect."""
    took_effect = {receipts.COMMITTED, receipts.VERIFIED}
    undoing = [p for p in known if p.undoes == undone.push_id and p.status in took_effect]
    return undoing[0] if undoing else None


def _finish(work: Workspace, warehouse: Warehouse, earlier: Intent, undone: Intent) -> PushResult:
    """A rollback that is done: what it left is cleared away, and read back where it died before.

    Raises:
        VerificationError: The rows are not those from before the push.
    """
    verified = 0
    with under_way(work, warehouse):
        as_of = warehouse.now()
        if earlier.status == receipts.COMMITTED:
            for table in (work.registry.table(name) for name in undone.dates):
                before = _rows_before(warehouse, table, undone)
                change = Replacement(table, undone.of(table.name), before)
                verified += verify(warehouse, change)
            receipts.end(work.ledger, earlier.push_id)
    return PushResult(
        earlier.push_id,
        earlier.warehouse,
        as_of,
        (),
        Cost(0, 0, 0),
        verified_rows=verified,
        undoes=undone.push_id,
        is_earlier=True,
    )


def _before(
    work: Workspace, warehouse: Warehouse, table: Table, undone: Intent, as_of: dt.datetime
) -> Compared:
    """A table of a push to be rolled back; dates that were written since are stale."""
    dates = undone.of(table.name)
    bases = receipts.bases(work.ledger, warehouse.place(table), table.name)
    remote = warehouse.partitions(table, span([*bases, *dates]), as_of)
    ours = {d for d in dates if (b := bases.get(d)) and b.push_id == undone.push_id}
    stale = tuple(
        d
        for d in dates
        if d not in ours or (remote[d].token if d in remote else "") != bases[d].token
    )
    moved = undone.dates[table.name]
    plan = TablePush(
        table=table.name,
        new=(),
        changed=tuple(d for d in moved["replaced"] if d not in stale),
        gone=tuple(d for d in moved["new"] if d not in stale),
        stale=stale,
        same=0,
        rows=0,
        columns={},
    )
    local = receipts.local(work.ledger, table.name, [span(dates)])
    return Compared(table, local, remote, bases, plan)


def _rows_before(warehouse: Warehouse, table: Table, undone: Intent) -> Later:
    """The rows that the dates of a push had before it; `new` ones had none."""
    replaced = set(undone.dates[table.name]["replaced"])

    def read(dates: Sequence[dt.date]) -> pl.DataFrame:
        days = sorted(replaced & {*dates})
        if not days:
            return pl.DataFrame(schema=table.contract.polars)
        return of_dates(warehouse.read(table, span(days), undone.base_as_of), table, days)

    before = warehouse.partitions(table, span(replaced), undone.base_as_of) if replaced else {}
    return Later(sum(before[day].rows for day in replaced if day in before), read)


def _failures_before(
    work: Workspace, warehouse: Warehouse, undone: Intent, tables: Sequence[Table]
) -> list[Change]:
    """The failures that the log had of the dates before a push."""
    dates = {table.processor: undone.of(table.name) for table in tables}
    return run_log.restored(work, warehouse, dates, undone.base_as_of)
