"""Pushes: those that were made, and the dates of targets as last seen."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

from nba_local.storage.queries.keys import date_of, of_season
from nba_local.storage.rows import Intent, LoggedDate, LoggedFailure, PushedDate, PushRun, SeenDate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nba_local.storage.ledger import Ledger
    from nba_local.tables.calendar import Season

TOOK_EFFECT = ("committed", "verified")
"""Statuses of pushes that changed their target: not read back yet, and read back."""


def pushes_done(ledger: Ledger) -> list[PushRun]:
    """The pushes that took effect, newest first."""
    rows = ledger.rows(
        "SELECT warehouse, status, dates FROM push_runs WHERE status IN (?, ?) "
        "ORDER BY base_as_of DESC",
        TOOK_EFFECT,
    )
    return [
        PushRun(
            row["warehouse"],
            row["status"],
            _dates(row["dates"]),
        )
        for row in rows
    ]


def last_target(ledger: Ledger) -> str:
    """The place last pushed to; empty where nothing was pushed yet."""
    rows = ledger.rows(
        "SELECT warehouse FROM push_runs WHERE status IN (?, ?) ORDER BY base_as_of DESC LIMIT 1",
        TOOK_EFFECT,
    )
    return str(rows[0]["warehouse"]) if rows else ""


def pushed_dates(
    ledger: Ledger, target: str, season: Season
) -> dict[tuple[str, dt.date], PushedDate]:
    """The dates of a target of pushes as last seen there, by table and date.

    A date is recorded under the place of its table: a folder, or a dataset of the target.
    """
    _, start, end, _ = of_season("", season)
    rows = ledger.rows(
        "SELECT * FROM pushes WHERE (warehouse = ? OR (table_name, warehouse) IN ("
        "SELECT there.table_name, there.warehouse FROM pushes AS there "
        "JOIN push_runs USING (push_id) WHERE push_runs.warehouse = ?)) "
        "AND date >= ? AND date < ?",
        (target, target, start, end),
    )
    return {
        (row["table_name"], date_of(row["date"])): PushedDate(
            row["push_id"], row["rows"], row["changed_run"], bool(row["verified"])
        )
        for row in rows
    }


def pushed_counts(ledger: Ledger, season: Season) -> dict[str, dict[str, int]]:
    """Published dates of a season that each place has as they are here, by table and place."""
    rows = ledger.rows(
        # the places first, each found by a look into the index; then each date by its key
        "WITH RECURSIVE place (name) AS (SELECT min(warehouse) FROM pushes UNION ALL "
        "SELECT (SELECT min(warehouse) FROM pushes WHERE warehouse > name) FROM place "
        "WHERE name IS NOT NULL) "
        "SELECT p.table_name, name, count(*) FROM place CROSS JOIN partitions AS p "
        "CROSS JOIN pushes AS x ON x.warehouse = name AND x.table_name = p.table_name "
        "AND x.date = p.date AND x.changed_run = p.changed_run "
        "WHERE p.season = ? AND p.state = 'ok' AND x.verified "
        "GROUP BY p.table_name, name ORDER BY p.table_name, name",
        (season.year,),
    )
    counts: dict[str, dict[str, int]] = {}
    for table, place, number in rows:
        counts.setdefault(table, {})[place] = number
    return counts


def seen_dates(ledger: Ledger, place: str, table: str) -> list[SeenDate]:
    """How the dates of `table` were last seen at `place`."""
    rows = ledger.rows(
        "SELECT date, changed_run, token, push_id FROM pushes "
        "WHERE warehouse = ? AND table_name = ?",
        (place, table),
    )
    return [
        SeenDate(date_of(row["date"]), row["changed_run"], row["token"], row["push_id"])
        for row in rows
    ]


def move_tokens(
    ledger: Ledger, place: str, table: str, tokens: Iterable[tuple[dt.date, str]]
) -> None:
    """Record new tokens of dates that are otherwise as last seen."""
    ledger.executemany(
        "UPDATE pushes SET token = ? WHERE warehouse = ? AND table_name = ? AND date = ?",
        [(token, place, table, date.isoformat()) for date, token in tokens],
    )


def pushes_to(ledger: Ledger, warehouse: str) -> list[Intent]:
    """The pushes to `warehouse`, oldest first."""
    rows = ledger.rows(
        "SELECT * FROM push_runs WHERE warehouse = ? ORDER BY base_as_of", (warehouse,)
    )
    return [
        Intent(
            row["push_id"],
            row["run_id"],
            row["warehouse"],
            row["status"],
            dt.datetime.fromisoformat(row["base_as_of"]),
            dt.datetime.fromisoformat(row["committed"]) if row["committed"] else None,
            row["note"],
            _dates(row["dates"]),
            row["undoes"],
        )
        for row in rows
    ]


def pushes_not(ledger: Ledger, status: str) -> frozenset[str]:
    """Ids of the pushes to any warehouse whose status is another one."""
    rows = ledger.rows("SELECT push_id FROM push_runs WHERE status <> ?", (status,))
    return frozenset(row["push_id"] for row in rows)


def update_push(ledger: Ledger, push_id: str, **columns: Any) -> None:
    """Set columns of a push."""
    names = ", ".join(f"{name} = ?" for name in columns)
    ledger.execute(
        f"UPDATE push_runs SET {names} WHERE push_id = ?",  # noqa: S608 - our names
        (*columns.values(), push_id),
    )


def end_push(ledger: Ledger, push_id: str, done: str, nothing: str) -> None:
    """Set the status of a push: `done`, or `nothing` where it changed no date."""
    ledger.execute(
        "UPDATE push_runs SET status = iif(committed IS NULL AND dates = '{}', ?, ?) "
        "WHERE push_id = ?",
        (nothing, done, push_id),
    )


def settle_push(ledger: Ledger, push_id: str, status: str, committed: str | None) -> None:
    """Set the status of a push, and when it took effect where that is not known yet."""
    ledger.execute(
        "UPDATE push_runs SET status = ?, committed = coalesce(committed, ?) WHERE push_id = ?",
        (status, committed, push_id),
    )


def logged_dates(ledger: Ledger, table: str) -> list[LoggedDate]:
    """The computed dates of a table with the backfill that computed them, and their warnings."""
    rows = ledger.rows(
        """
        SELECT p.date, p.rows, p.non_rows, p.state, s.parts, r.started_at,
            (
                SELECT count(*) FROM findings AS f
                WHERE f.table_name = p.table_name AND f.date = p.date AND f.severity = 'warn'
            ) AS warnings
        FROM partitions AS p
        LEFT JOIN seasons AS s ON s.table_name = p.table_name AND s.season = p.season
        LEFT JOIN runs AS r ON r.run_id = s.run_id
        WHERE p.table_name = ?
        """,
        (table,),
    )
    return [
        LoggedDate(
            date_of(row["date"]),
            row["rows"],
            row["non_rows"],
            row["state"],
            json.loads(row["parts"] or "{}"),
            row["started_at"] or "",
            row["warnings"],
        )
        for row in rows
    ]


def failures_by_date(ledger: Ledger, table: str) -> dict[dt.date, int]:
    """How many non-rows of a table are failures, by date."""
    rows = ledger.rows(
        "SELECT date, count(*) AS number FROM non_rows "
        "WHERE table_name = ? AND category IS NOT NULL GROUP BY date",
        (table,),
    )
    return {date_of(row["date"]): row["number"] for row in rows}


def logged_failures(ledger: Ledger, table: str, dates: Sequence[dt.date]) -> list[LoggedFailure]:
    """The non-rows of some dates of a table that are failures."""
    rows = ledger.rows(
        "SELECT date, entity, category, coalesce(detail, reason) AS reason, can_retry "
        "FROM non_rows WHERE table_name = ? AND category IS NOT NULL "
        "AND date IN (SELECT value FROM json_each(?))",
        (table, json.dumps([str(date) for date in dates])),
    )
    return [
        LoggedFailure(
            date_of(row["date"]),
            row["entity"],
            row["category"],
            row["reason"],
            bool(row["can_retry"]),
        )
        for row in rows
    ]


def _dates(text: str) -> dict[str, dict[str, tuple[dt.date, ...]]]:
    return {
        table: {kind: tuple(map(date_of, days)) for kind, days in kinds.items()}
        for table, kinds in json.loads(text).items()
    }
