"""Transfer: what is planned is sent in one transaction, read back, and recorded at every step.

A push is recorded before anything is sent; what became of one that died is found out by the next.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import uuid
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from nba_local.errors import (
    ContractError,
    NbaLocalError,
    StaleError,
    TransientWarehouseError,
    VerificationError,
    WarehouseError,
)
from nba_local.push import receipts, schema_diff
from nba_local.push.receipts import Base
from nba_local.push.target import (
    DAY,
    destination,
    of_dates,
    require_apart,
    span,
    with_logs,
)
from nba_local.storage import queries
from nba_local.storage.store import changed_dates
from nba_local.warehouse import Append

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nba_local.push.target import Compared, Limits
    from nba_local.storage.ledger import Ledger
    from nba_local.storage.rows import Intent
    from nba_local.storage.workspace import Workspace
    from nba_local.tables.push_results import Cost, PushResult
    from nba_local.tables.results import Progress
    from nba_local.warehouse import Change, Warehouse

SECOND = dt.timedelta(seconds=1)


@contextmanager
def under_way(work: Workspace, warehouse: Warehouse, undoes: str | None = None) -> Iterator[str]:
    """A new push, by its id: on record before the target is locked, until it is free again.

    Raises:
        UsageError: The target is the data folder.
        LockedError: Somebody else pushes there.
    """
    require_apart(work, warehouse)
    settle(work, warehouse)
    push_id = uuid.uuid4().hex[:12]
    receipts.begin(work.ledger, push_id, destination(work, warehouse), undoes)
    try:
        # every push writes the logs, so that their dataset's lock is enough
        locked = list(work.registry.logs.values()) or work.registry.features
        with warehouse.lock(locked, push_id, receipts.ended(work.ledger)):
            yield push_id
    except NbaLocalError:
        with contextlib.suppress(WarehouseError):  # not known: the next push finds out
            settle(work, warehouse)
        raise
    receipts.end(work.ledger, push_id)


def settle(work: Workspace, warehouse: Warehouse) -> None:
    """Find out what became of pushes that died or failed, and clear away what they left.

    The data folder is ours alone, so that none of them is still under way.
    """
    tables = with_logs(work, work.registry.features)
    for push in queries.pushes_to(work.ledger, destination(work, warehouse)):
        if push.status == receipts.BEGUN:
            committed = warehouse.settle(tables, push.push_id, push.note)
            if committed:
                _recall(work, warehouse, push, committed)
            receipts.settle(work.ledger, push.push_id, committed)


def _recall(work: Workspace, warehouse: Warehouse, push: Intent, committed: dt.datetime) -> None:
    """Record the dates of a push that died after it took effect, but for those written since.

    They are ours, and not somebody else's; whether their rows are as here is not known.
    """
    then, now = committed + SECOND / 1000, warehouse.now()  # times of jobs are cut to milliseconds
    for name in push.dates:
        table, days = work.registry.table(name), push.of(name)
        if not days:
            continue
        pushed, present = (warehouse.partitions(table, span(days), at) for at in (then, now))
        made = "rolled back" if push.undoes else ""
        entries = [
            (day, Base(made, present[day].token if day in present else "", push.push_id))
            for day in days
            if pushed.get(day) == present.get(day)
        ]
        rows = {day: state.rows for day, state in present.items()}
        place = warehouse.place(table)
        receipts.seen(work.ledger, place, name, entries, rows, is_ours=False)


def carry_out(  # noqa: PLR0913 - all that a push is
    work: Workspace,
    warehouse: Warehouse,
    intent: Intent,
    changes: Sequence[Change],
    planned: PushResult,
    compared: Sequence[Compared],
    limits: Limits,
    progress: Progress,
) -> PushResult:
    """Send `changes`, read them back, record both. The lock is held."""
    if warehouse.has_datasets:  # a folder bills nothing, and has no schemas of its own
        _refuse_costly(work.ledger, intent.warehouse, planned.cost, compared, limits)
        _refuse_drifted(warehouse, changes)
    with work.ledger.run(
        "rollback" if intent.undoes else "push",
        work.rules.name,
        warehouse=intent.warehouse,
        push_id=intent.push_id,
        dates={name: sum(map(len, kinds.values())) for name, kinds in intent.dates.items()},
        **({"undoes": intent.undoes} if intent.undoes else {}),
    ) as run:
        receipts.plan(work.ledger, intent._replace(run_id=run.run_id))

        def ready(note: str) -> None:
            _refuse_moved(warehouse, compared, intent)
            receipts.note(work.ledger, intent.push_id, note)

        progress("push", 0, 2)
        try:
            receipt = warehouse.replace(changes, intent.push_id, ready)
        except TransientWarehouseError:
            # the answer may be lost and not the push: asked again, the warehouse says what it did
            receipt = warehouse.replace(changes, intent.push_id, ready)
        receipts.commit(work.ledger, intent.push_id, receipt)
        progress("verify", 1, 2)
        verified = sum(verify(warehouse, change) for change in changes)
        with work.ledger.transaction():
            remember(work, warehouse, compared, intent)
        progress("verify", 2, 2)
        run.result = {"rows": dict(receipt.rows), "jobs": list(receipt.jobs), "verified": verified}
    return replace(
        planned,
        push_id=intent.push_id,
        verified_rows=verified,
        undoes=intent.undoes,
        jobs=receipt.jobs,
    )


def _refuse_drifted(warehouse: Warehouse, changes: Sequence[Change]) -> None:
    """The tables take what is sent: found out before anything is."""
    differences = schema_diff.stopping(schema_diff.diff(warehouse, [c.table for c in changes]))
    if differences:
        first = differences[0]
        more = f" ({len(differences)} differences)" if len(differences) > 1 else ""
        raise ContractError(
            f"{first.table}: {first.what} {first.column} is {first.live} in {warehouse.url}, "
            f"{first.contract} in the contract{more}: {first.effect}; nothing was pushed",
            hint="nba-local schema diff, then nba-local schema migrate",
        )


def _refuse_costly(
    ledger: Ledger, target: str, cost: Cost, compared: Sequence[Compared], limits: Limits
) -> None:
    if cost.bytes > limits.bytes:
        raise WarehouseError(
            f"the push may bill {cost.bytes / 1e9:.1f} GB, more than {limits.bytes / 1e9:.1f} GB; "
            "nothing was pushed",
            hint="push fewer dates or tables, or set NBA_LOCAL_PUSH_MAX_BYTES",
        )
    since = dt.datetime.now(dt.UTC) - DAY
    today = [p for p in queries.pushes_to(ledger, target) if p.base_as_of > since]
    for side in compared:
        loads = sum(side.table.name in p.dates for p in today)
        if loads >= limits.loads:
            raise WarehouseError(
                f"{side.table.name} was loaded {loads} times within a day, the limit is "
                f"{limits.loads}; nothing was pushed",
                hint="push again tomorrow, or set NBA_LOCAL_PUSH_MAX_LOADS (BigQuery's: 1,500)",
            )


def _refuse_moved(warehouse: Warehouse, compared: Sequence[Compared], intent: Intent) -> None:
    """Nobody wrote the dates while they were being staged; whoever ignores the lock may."""
    as_of = warehouse.now()
    for side in compared:
        dates = intent.of(side.table.name) if side.table.name in intent.dates else ()
        if not dates:
            continue
        now = warehouse.partitions(side.table, span(dates), as_of)
        moved = [d for d in dates if now.get(d) != side.remote.get(d)]
        if moved:
            raise StaleError(
                f"{side.table.name}: {len(moved)} dates were written by somebody else while they "
                f"were being staged, first {moved[0]}; nothing was pushed",
                hint="push again: it compares them anew",
            )


def verify(warehouse: Warehouse, change: Change) -> int:
    """Read the pushed dates back and compare every cell; returns the number of rows."""
    if isinstance(change, Append) or change.part:
        return 0  # a log; rows of others lie among ours
    table, by, verified = change.table, change.table.partition_by, 0
    for days, ours in change.pieces():
        theirs = of_dates(warehouse.read(table, span(days), warehouse.now()), table, days)
        wrong = changed_dates(ours, theirs, by, table.contract.columns)
        if wrong:
            raise VerificationError(
                f"{table.name}: {len(wrong)} of {len(change.dates)} pushed dates read back "
                f"different rows, first {wrong[0]}; the push is not recorded as done",
                hint="run the push again: it compares every date that is not verified",
            )
        verified += theirs.height
    return verified


def remember(
    work: Workspace, warehouse: Warehouse, compared: Sequence[Compared], intent: Intent | None
) -> None:
    """Record how the dates are in the target now.

    Those that were pushed, those that are equal, and those whose token moved because they share a
    file or table with a pushed one.
    """
    as_of = warehouse.now()
    for side in compared:
        name, place = side.table.name, warehouse.place(side.table)
        pushed = intent.of(name) if intent and name in intent.dates else ()
        plan = side.plan
        unlike = {*plan.stale, *plan.changed, *plan.new, *plan.gone, *pushed}
        equal = [day for day in side.local.rows if day not in unlike]
        told = {*equal, *pushed}
        others = [day for day in side.bases if day not in told]
        dates = [*pushed, *equal, *others]
        if not dates:
            continue
        now = warehouse.partitions(side.table, span(dates), as_of) if intent else side.remote
        token = {day: now[day].token if day in now else "" for day in dates}
        rows = {day: state.rows for day, state in now.items()}
        made, seen = side.local.changed_run, receipts.seen
        kept = {day: base for day, base in side.bases.items() if base.push_id}
        if intent:
            is_ours = intent.undoes is None
            entries = [
                (d, Base(made[d] if is_ours else "rolled back", token[d], intent.push_id))
                for d in pushed
            ]
            seen(work.ledger, place, name, entries, rows, is_ours=is_ours)
        entries = [
            (d, Base(made[d], token[d], kept[d].push_id if d in kept else "")) for d in equal
        ]
        # of the others it is on record: a push of nothing would write as much as one of everything
        fresh = [(day, base) for day, base in entries if side.bases.get(day) != base]
        seen(work.ledger, place, name, fresh, rows)
        queries.move_tokens(
            work.ledger,
            place,
            name,
            [
                (d, token[d])
                for d in others
                if d in side.remote and side.bases[d].token == side.remote[d].token
            ],
        )
