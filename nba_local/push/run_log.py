"""Run log: what a push tells the warehouse's own logs of runs and failures, in its transaction."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import TYPE_CHECKING, Any

import polars as pl

from nba_local.tables.calendar import Interval
from nba_local.warehouse import Append, Part, Replacement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nba_local.storage.workspace import Workspace
    from nba_local.tables.table import Table
    from nba_local.warehouse import Change, Warehouse

RUNS, FAILURES = "precompute_processor_runs", "precompute_failures"

MOST_REASON = 1000
"""Characters of a failure's reason."""

_RUNS = """
    SELECT p.date, p.rows, p.non_rows, p.state, s.parts, r.started_at,
        (
            SELECT count(*) FROM findings AS f
            WHERE f.table_name = p.table_name AND f.date = p.date AND f.severity = 'warn'
        ) AS warnings
    FROM partitions AS p
    LEFT JOIN seasons AS s ON s.table_name = p.table_name AND s.season = p.season
    LEFT JOIN runs AS r ON r.run_id = s.run_id
    WHERE p.table_name = ?
"""

_FAILURES = """
    SELECT date, entity, category, substr(coalesce(detail, reason), 1, ?) AS reason, can_retry
    FROM non_rows WHERE table_name = ? AND category IS NOT NULL
"""


def changes(
    work: Workspace,
    pushed: Mapping[str, Sequence[dt.date]],
    push_id: str,
    moment: dt.datetime,
    undone: str | None = None,
) -> list[Change]:
    """What the logs get: a row per table and date that is `pushed`, and the failures of the dates.

    Failures of a processor and date are replaced, runs are added. Nothing where the project has no
    logs. A season is computed as a whole, so that no date has a duration of its own.

    undone: The push that is rolled back; its dates have no failures of ours any more.
    """
    logs = work.registry.logs
    found: list[Change] = []
    tables = [work.registry.table(name) for name, dates in pushed.items() if dates]
    if RUNS in logs and tables:
        rows = [row for t in tables for row in _runs(work, t, pushed[t.name], push_id, undone)]
        found.append(Append(logs[RUNS], _frame(logs[RUNS], rows, moment)))
    if FAILURES in logs and tables and not undone:
        rows = [row for t in tables for row in _failures(work, t, pushed[t.name], push_id)]
        part = Part("processor_name", {t.processor: tuple(pushed[t.name]) for t in tables})
        dates = tuple(sorted({date for t in tables for date in pushed[t.name]}))
        frame = _frame(logs[FAILURES], rows, moment)
        found.append(Replacement(logs[FAILURES], dates, frame, part))
    return found


def restored(
    warehouse: Warehouse, log: Table, dates: Mapping[str, Sequence[dt.date]], as_of: dt.datetime
) -> Replacement:
    """The failures as they were at `as_of` on the dates of each processor, to be put back."""
    every = tuple(sorted({day for days in dates.values() for day in days}))
    within = Interval(every[0], every[-1] + dt.timedelta(days=1))
    there = warehouse.read(log, within, as_of)
    mine = pl.any_horizontal(
        (pl.col("processor_name") == name) & pl.col(log.partition_by).is_in(list(days))
        for name, days in dates.items()
    )
    part = Part("processor_name", {name: tuple(days) for name, days in dates.items()})
    return Replacement(log, every, there.filter(mine), part)


def _frame(log: Table, rows: Sequence[Mapping[str, Any]], moment: dt.datetime) -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema_overrides=log.contract.polars, infer_schema_length=None)
    if frame.is_empty():
        return pl.DataFrame(schema=log.contract.polars)
    return log.contract.conform(frame.with_columns(created_at=pl.lit(moment)), log.name)


def _run_id(push_id: str, table: Table, date: dt.date) -> str:
    return hashlib.sha256(f"{push_id} {table.name} {date}".encode()).hexdigest()[:12]


def _runs(
    work: Workspace, table: Table, dates: Sequence[dt.date], push_id: str, undone: str | None
) -> list[dict[str, Any]]:
    wanted = {date.isoformat() for date in dates}
    rows = []
    for row in work.ledger.rows(_RUNS, (table.name,)):
        if row["date"] not in wanted:
            continue
        date, parts = dt.date.fromisoformat(row["date"]), json.loads(row["parts"] or "{}")
        started = dt.datetime.fromisoformat(row["started_at"] or f"{date}T00:00:00+00:00")
        skipped = f"rolled back push {undone}" if undone else _skip_reason(row["state"])
        rows.append(
            {
                "processor_name": table.processor,
                "run_id": _run_id(push_id, table, date),
                "run_date": started,
                "success": True,
                "analysis_date": date,
                "records_processed": row["rows"] + row["non_rows"],
                "records_inserted": 0 if undone else row["rows"],
                "records_skipped": row["non_rows"],
                "warning_count": row["warnings"],
                "processor_version": parts.get("code"),
                "config_hash": parts.get("rules"),
                "skip_reason": skipped,
            }
        )
    return rows


def _skip_reason(state: str) -> str | None:
    return None if state == "ok" else state


def _failures(
    work: Workspace, table: Table, dates: Sequence[dt.date], push_id: str
) -> list[dict[str, Any]]:
    wanted = {date.isoformat() for date in dates}
    return [
        {
            "processor_name": table.processor,
            "run_id": _run_id(push_id, table, dt.date.fromisoformat(row["date"])),
            "analysis_date": dt.date.fromisoformat(row["date"]),
            "entity_id": row["entity"],
            "failure_category": row["category"],
            "failure_reason": row["reason"],
            "can_retry": bool(row["can_retry"]),
        }
        for row in work.ledger.rows(_FAILURES, (MOST_REASON, table.name))
        if row["date"] in wanted
    ]
