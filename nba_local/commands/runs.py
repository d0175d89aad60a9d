"""Runs and what they left: which are under way, what is done, what failed, and forgetting it."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nba_local.commands import road as commands

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nba_local.commands.road import Setup
    from nba_local.tables.results import Plan


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A season of a feature table as the last backfills left it.

    run: Which finished it; empty where none did. due: Why the next one does it again; empty where
    it leaves it. failed: What the newest backfill said of it where it failed there.
    """

    table: str
    season: str
    run: str
    finished_at: str
    due: str
    failed: str


def runs(setup: Setup, limit: int) -> list[dict[str, Any]]:
    """The newest runs, those under way first; `dead` where the process of one is gone."""
    found = commands.history(setup, limit)
    for run in found:
        if run["status"] == "running" and not _is_alive(run["arguments"]):
            run["status"] = "dead"
    return sorted(found, key=lambda run: run["status"] != "running")


def _is_alive(arguments: dict[str, Any]) -> bool:
    """Whether the process of a run lives; on another host, which cannot be asked, it does."""
    if arguments.get("host") != socket.gethostname():
        return True
    try:
        os.kill(int(arguments["pid"]), 0)
    except (ProcessLookupError, KeyError):
        return False
    except PermissionError:
        return True
    return True


def show(setup: Setup, ranges: Sequence[str], tables: Sequence[str]) -> tuple[Checkpoint, ...]:
    """What is done, due and failed, by table and season. Reads the ledger."""
    plan: Plan = commands.plan(setup, ranges, tables)
    with commands.reading(setup) as work:
        done = {
            (row["table_name"], row["season"]): row
            for row in work.ledger.rows(
                "SELECT table_name, season, run_id, finished_at FROM seasons "
                "LEFT JOIN runs USING (run_id)"
            )
        }
        newest = work.ledger.rows(
            "SELECT result FROM runs WHERE verb = 'backfill' ORDER BY started_at DESC LIMIT 1"
        )
    told = json.loads(newest[0]["result"] or "null") if newest else None
    failed = told.get("failed", ()) if isinstance(told, dict) else ()
    errors = {(item["table"], item["season"]): item["error"] for item in failed}
    found = []
    for step in plan.steps:
        row = done.get((step.table.name, step.season.year))
        found.append(
            Checkpoint(
                step.table.name,
                str(step.season),
                row["run_id"] if row else "",
                (row["finished_at"] or "") if row else "",
                "; ".join(reason.text for reason in step.reasons),
                errors.get((step.table.name, str(step.season)), ""),
            )
        )
    return tuple(found)


def clear(setup: Setup, ranges: Sequence[str], tables: Sequence[str]) -> int:
    """Forget what is done, so that the next backfill does it once more; published rows stay.

    Returns how many seasons of tables were forgotten.
    """
    steps = commands.plan(setup, ranges, tables).steps
    with commands.writing(setup, "checkpoint") as work, work.ledger.transaction():
        before = work.ledger.rows("SELECT count(*) FROM seasons")[0][0]
        for step in steps:
            work.ledger.delete_season("seasons", step.table.name, step.season.year)
        return int(before - work.ledger.rows("SELECT count(*) FROM seasons")[0][0])
