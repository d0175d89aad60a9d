"""Push: published dates into a warehouse, all tables in one transaction, then read back."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from nba_local.errors import StaleError
from nba_local.push import receipts, run_log
from nba_local.push.target import (
    Choice,
    Limits,
    compare,
    cost_of,
    destination,
    published,
    require_allowed,
    require_apart,
    result_of,
)
from nba_local.push.transfer import carry_out, remember, under_way
from nba_local.storage.rows import Intent
from nba_local.tables.push_results import PushResult
from nba_local.tables.results import Progress, silent
from nba_local.warehouse import Later, Replacement

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from nba_local.push.target import Compared
    from nba_local.storage.workspace import Workspace
    from nba_local.tables.calendar import Interval
    from nba_local.tables.table import Table
    from nba_local.warehouse import Change, Warehouse


def plan_push(
    work: Workspace, warehouse: Warehouse, tables: Sequence[Table], within: Sequence[Interval]
) -> PushResult:
    """What a push of the dates of `tables` in any of `within` would replace. Writes nothing.

    A date is `new` where the target has none of it, `changed` where its rows differ, `stale` where
    they differ and somebody else wrote them since we last pushed or compared it, `gone` where the
    target has rows of a date that has none here. Quarantined and uncomputed ones are left out.
    """
    require_apart(work, warehouse)
    as_of = warehouse.now()
    compared = [compare(work, warehouse, table, within, as_of) for table in tables]
    changes = _changes(work, compared, Choice(overwrite_stale=True), "plan", as_of)
    return result_of(destination(work, warehouse), as_of, compared, cost_of(warehouse, changes))


def push(  # noqa: PLR0913 - what is pushed where, and what may happen
    work: Workspace,
    warehouse: Warehouse,
    tables: Sequence[Table],
    within: Sequence[Interval],
    *,
    agreed: PushResult | None = None,
    choice: Choice = Choice(),  # noqa: B008 - frozen
    limits: Limits = Limits(),  # noqa: B008 - frozen
    progress: Progress = silent,
) -> PushResult:
    """Replace what `plan_push` names: one transaction for all tables, then read back and compare.

    Writes the warehouse, its logs of runs and failures, and the ledger.

    agreed: The plan that somebody agreed to; another one is not carried out.

    Raises:
        LockedError: Somebody else pushes there.
        StaleError: Dates would overwrite what somebody else wrote; nothing was pushed.
        RemovalError: More rows would be taken away than is allowed unasked; nothing was pushed.
        WarehouseError: The warehouse refused; nothing changed there.
        VerificationError: What was read back is not what was pushed.
    """
    target = destination(work, warehouse)
    with under_way(work, warehouse) as push_id:
        as_of = warehouse.now()
        compared = [compare(work, warehouse, table, within, as_of) for table in tables]
        changes = _changes(work, compared, choice, push_id, as_of)
        planned = result_of(target, as_of, compared, cost_of(warehouse, changes))
        if agreed and [t for t in agreed.tables if t.dates] != [
            t for t in planned.tables if t.dates
        ]:
            raise StaleError(
                f"{target} or the data folder changed since the plan was shown; nothing was pushed",
                hint="look at the plan again",
            )
        require_allowed(planned, choice, limits)
        if not any(side.dates(choice) for side in compared):
            remember(work, warehouse, compared, None)
            return planned
        dates = {
            side.table.name: {
                "new": tuple(d for d in side.dates(choice) if d not in side.remote),
                "replaced": tuple(d for d in side.dates(choice) if d in side.remote),
            }
            for side in compared
            if side.dates(choice)
        }
        intent = Intent(push_id, "", target, receipts.BEGUN, as_of, None, "", dates)
        return carry_out(work, warehouse, intent, changes, planned, compared, limits, progress)


def _changes(
    work: Workspace,
    compared: Sequence[Compared],
    choice: Choice,
    push_id: str,
    moment: dt.datetime,
) -> list[Change]:
    """What is sent: the rows of the dates of every table, and what the logs get."""
    due = {side.table.name: side.dates(choice) for side in compared}
    changes: list[Change] = [
        Replacement(
            side.table,
            days,
            Later(
                sum(side.local.rows.get(day, 0) for day in days),
                functools.partial(published, work, side.table),
            ),
        )
        for side in compared
        if (days := due[side.table.name])
    ]
    return [*changes, *run_log.changes(work, due, push_id, moment)]
