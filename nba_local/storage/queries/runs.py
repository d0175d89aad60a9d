"""Runs of verbs, as the ledger has them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from nba_local.storage.rows import AlertRow, RunRow

if TYPE_CHECKING:
    import sqlite3

    from nba_local.storage.ledger import Ledger


def runs(ledger: Ledger, verb: str = "", limit: int = -1) -> list[RunRow]:
    """The runs of a verb, or of all, newest first; at most `limit` of them."""
    rows = ledger.rows(
        "SELECT * FROM runs WHERE verb = ? OR ? = '' ORDER BY started_at DESC LIMIT ?",
        (verb, verb, limit),
    )
    return [_run(row) for row in rows]


def run(ledger: Ledger, run_id: str) -> RunRow | None:
    """The run of an id."""
    rows = ledger.rows("SELECT * FROM runs WHERE run_id = ?", (run_id,))
    return _run(rows[0]) if rows else None


def running(ledger: Ledger) -> list[RunRow]:
    """Runs under way, oldest first."""
    rows = ledger.rows("SELECT * FROM runs WHERE status = 'running' ORDER BY started_at")
    return [_run(row) for row in rows]


def _run(row: sqlite3.Row) -> RunRow:
    return RunRow(
        row["run_id"],
        row["verb"],
        row["started_at"],
        row["finished_at"],
        row["status"],
        row["rules"],
        json.loads(row["arguments"]),
        json.loads(row["result"] or "null"),
    )


def mark_dead(ledger: Ledger) -> None:
    """Record runs under way as dead, for a caller who holds the lock: they cannot be."""
    ledger.execute("UPDATE runs SET status = 'died' WHERE status = 'running'")


def alerts_since(ledger: Ledger, category: str, since: str, but: str) -> int:
    """Alerts of a category that were sent since an instant, those of the tier `but` left out."""
    rows = ledger.rows(
        "SELECT count(*) FROM alerts WHERE category = ? AND sent_at > ? AND NOT is_limited "
        "AND tier <> ?",
        (category, since, but),
    )
    return int(rows[0][0])


def alerts(ledger: Ledger, limit: int) -> list[AlertRow]:
    """The newest alerts, newest first."""
    rows = ledger.rows("SELECT * FROM alerts ORDER BY sent_at DESC LIMIT ?", (limit,))
    return [
        AlertRow(
            row["sent_at"],
            row["tier"],
            row["category"],
            row["subject"],
            bool(row["is_limited"]),
            row["channels"],
        )
        for row in rows
    ]
