"""Receipts: what the ledger knows of pushes, under way and done, and of the dates they pushed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nba_local.storage import queries
from nba_local.storage.serialize import dumps
from nba_local.tables.results import QUARANTINED, STATE_OK

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nba_local.storage.ledger import Ledger
    from nba_local.storage.rows import Intent
    from nba_local.tables.calendar import Interval
    from nba_local.warehouse import Receipt

BEGUN, COMMITTED, VERIFIED, NOTHING = "begun", "committed", "verified", "nothing pushed"
"""States of a push: under way or dead, visible but not read back, read back, without effect."""


@dataclass(frozen=True, slots=True)
class Local:
    """Computed dates of one table: run that last changed each, rows of published ones, and gaps."""

    changed_run: Mapping[dt.date, str]
    rows: Mapping[dt.date, int]
    empty: frozenset[dt.date]


@dataclass(frozen=True, slots=True)
class Base:
    """A date as it was last seen in the target: what it was made by here, and the token there."""

    changed_run: str
    token: str
    push_id: str


def local(ledger: Ledger, table: str, within: Sequence[Interval]) -> Local:
    """What is computed of `table` within; a quarantined date is neither rows nor gap."""
    every = queries.all_feature_dates(ledger, table)
    dates = [d for d in every if any(d.date in span for span in within)]
    return Local(
        changed_run={d.date: d.changed_run for d in dates},
        rows={d.date: d.rows for d in dates if d.state == STATE_OK},
        empty=frozenset(d.date for d in dates if d.state not in {STATE_OK, QUARANTINED}),
    )


def bases(ledger: Ledger, place: str, table: str) -> dict[dt.date, Base]:
    """How the dates of `table` were last seen at `place`."""
    return {
        seen.date: Base(seen.changed_run, seen.token, seen.push_id)
        for seen in queries.seen_dates(ledger, place, table)
    }


def seen(  # noqa: PLR0913 - the columns of a row
    ledger: Ledger,
    place: str,
    table: str,
    dates: Iterable[tuple[dt.date, Base]],
    rows: Mapping[dt.date, int],
    *,
    is_ours: bool = True,
) -> None:
    """Record how dates are in the target now; `is_ours` where they are as published here."""
    ledger.put(
        "pushes",
        (
            {
                "warehouse": place,
                "table_name": table,
                "date": date,
                "rows": rows.get(date, 0),
                "changed_run": base.changed_run,
                "push_id": base.push_id,
                "verified": is_ours,
                "token": base.token,
            }
            for date, base in dates
        ),
    )


def begin(ledger: Ledger, push_id: str, target: str, undoes: str | None) -> None:
    """Record a push before anything is locked or sent, durably: its lock is found again by it."""
    row = {
        "push_id": push_id,
        "run_id": "",
        "warehouse": target,
        "undoes": undoes,
        "status": BEGUN,
        "base_as_of": dt.datetime.now(dt.UTC).isoformat(),
        "committed": None,
        "note": "",
        "dates": "{}",
        "receipt": None,
    }
    with ledger.transaction(durable=True):
        ledger.put("push_runs", [row])


def plan(ledger: Ledger, intent: Intent) -> None:
    """Record what a push will replace, and the instant before which the target was as it was."""
    queries.update_push(
        ledger,
        intent.push_id,
        run_id=intent.run_id,
        base_as_of=intent.base_as_of.isoformat(),
        dates=dumps(intent.dates),
    )


def note(ledger: Ledger, push_id: str, text: str) -> None:
    """Record what the warehouse needs to settle a push."""
    with ledger.transaction(durable=True):
        queries.update_push(ledger, push_id, note=text)


def commit(ledger: Ledger, push_id: str, receipt: Receipt) -> None:
    """Record that a push took effect, with its jobs, counts and hashes. It is not over yet."""
    parts = {"rows": receipt.rows, "jobs": list(receipt.jobs), "hashes": receipt.hashes}
    committed = receipt.committed.isoformat()
    queries.update_push(ledger, push_id, committed=committed, receipt=dumps(parts))


def end(ledger: Ledger, push_id: str) -> None:
    """Record that a push is over: read back and equal, or without anything to do.

    One that did nothing is kept too: its lock may not have been freed.
    """
    queries.end_push(ledger, push_id, VERIFIED, NOTHING)


def settle(ledger: Ledger, push_id: str, committed: dt.datetime | None) -> None:
    """Record the outcome of a push that died or failed, as the warehouse tells it."""
    status = COMMITTED if committed else NOTHING
    queries.settle_push(ledger, push_id, status, committed.isoformat() if committed else None)


def ended(ledger: Ledger) -> frozenset[str]:
    """The pushes from this data folder, to any warehouse, that are over."""
    return queries.pushes_not(ledger, BEGUN)
