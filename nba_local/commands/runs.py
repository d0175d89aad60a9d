"""Runs and what they left: which are running, what is done, what failed, and forgetting it."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nba_local.commands import road
from nba_local.storage import queries

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nba_local.commands.project import Project


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A season of a feature table as the last backfills left it.

    run: The run that finished it; empty where none did. due: Why the next backfill does it again;
    empty where it does not. failed: The error of the newest backfill where that failed here.
    """

    table: str
    season: str
    run: str
    finished_at: str
    due: str
    failed: str


def runs(project: Project, limit: int) -> list[dict[str, Any]]:
    """The newest runs, running ones first; `dead` where the process of one is gone."""
    with project.reading() as work:
        newest = [run._asdict() for run in queries.runs(work.ledger, limit=limit)]
    for run in newest:
        if run["status"] == "running" and not _is_alive(run["arguments"]):
            run["status"] = "dead"
    return sorted(newest, key=lambda run: run["status"] != "running")


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


def show(project: Project, ranges: Sequence[str], tables: Sequence[str]) -> tuple[Checkpoint, ...]:
    """What is done, due and failed, by table and season. Reads the ledger."""
    plan = road.plan(project, ranges, tables)
    with project.reading() as work:
        done = queries.seasons_done(work.ledger)
        failures = road.newest_failures(work)
    errors = {(item["table"], item["season"]): item["error"] for item in failures}
    checkpoints = []
    for step in plan.steps:
        row = done.get((step.table.name, step.season.year))
        checkpoints.append(
            Checkpoint(
                step.table.name,
                str(step.season),
                row.run_id if row else "",
                row.finished_at if row else "",
                "; ".join(reason.text for reason in step.reasons),
                errors.get((step.table.name, str(step.season)), ""),
            )
        )
    return tuple(checkpoints)


def clear(project: Project, ranges: Sequence[str], tables: Sequence[str]) -> int:
    """Forget what is done, so that the next backfill does it again; published rows stay.

    Returns how many seasons of tables were forgotten.
    """
    steps = road.plan(project, ranges, tables).steps
    with project.writing("checkpoint") as work, work.ledger.transaction():
        before = len(queries.seasons_done(work.ledger))
        for step in steps:
            work.ledger.delete_season("seasons", step.table.name, step.season.year)
        return before - len(queries.seasons_done(work.ledger))
