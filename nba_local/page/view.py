"""View: what the page shows of a season at first, as plain values: one symbol for every date."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nba_local.commands.runs import runs as newest_runs
from nba_local.explain import causes
from nba_local.explain import states as state
from nba_local.explain.status import expected
from nba_local.report.coverage import SYMBOLS, commands_of, where
from nba_local.report.road import asked_for, did
from nba_local.storage import queries

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nba_local.commands.project import Project
    from nba_local.explain.causes import Cause
    from nba_local.explain.coverage import Coverage
    from nba_local.storage.workspace import Workspace
    from nba_local.tables.calendar import Season

MOST_RUNS = 200
"""Runs that the history shows, the newest ones."""


@dataclass(frozen=True, slots=True)
class Flags:
    """What a proposed command needs to name the same folder, and its rules too."""

    folder: str = ""
    every: str = ""

    def cause(self, cause: Cause) -> dict[str, Any]:
        """A root cause with the commands that fix it."""
        return {
            "kind": cause.kind,
            "table": cause.table,
            "text": where(cause),
            "fix": cause.fix,
            "run": commands_of(cause, self.folder, self.every),
        }


def start(work: Workspace, folder: str, flags: Flags, seasons: Sequence[Season]) -> dict[str, Any]:
    """What the page needs before it shows anything: its seasons, tables and what symbols mean."""
    return {
        "folder": folder,
        "flags": flags.every,
        "rules": work.rules.name,
        "seasons": [str(season) for season in seasons],
        "states": [
            {"name": name, "symbol": symbol, "color": color, "kind": _kind(name)}
            for name, (symbol, color) in SYMBOLS.items()
        ],
        "tables": [
            {"name": table.name, "is_source": table.is_source, "doc": table.doc}
            for table in (*work.registry.sources, *work.registry.features)
        ],
    }


def _kind(name: str) -> str:
    """Whether a state is a gap, as it should be without rows, or rows to look at or to push."""
    if name in state.GAPS:
        return "gap"
    if name in state.EMPTY_AS_IT_SHOULD:
        return "empty"
    return "fine" if name in {state.OK, state.PUSHED} else "doubt"


def stored(work: Workspace) -> list[int]:
    """First years of the stored seasons."""
    return queries.stored_seasons(work.ledger)


def season(one: Coverage, flags: Flags) -> dict[str, Any]:
    """A season: per table a string with a symbol for each date, and the gaps by root cause."""
    place = {date: number for number, date in enumerate(one.dates)}
    games = {day.date: day.games for day in one.states.days}
    return {
        "season": str(one.season),
        "dates": [date.isoformat() for date in one.dates],
        "games": [games[date] for date in one.dates],
        "tables": [_table(one, table) for table in one.tables],
        "unchecked": list(one.states.unchecked),
        "silent": [f"{fill.table}.{fill.column}" for fill in one.states.silent],
        "unusual": [
            {"column": f"{c.table}.{c.column}", "date": c.date.isoformat(), "detail": c.detail}
            for c in one.unusual
        ],
        "outside": [
            {
                "table": table,
                "claim": claim,
                "detail": one.states.claims.get((table, claim), ""),
                "dates": [date.isoformat() for date in dates],
            }
            for (table, claim), dates in one.states.outside.items()
        ],
        "gaps": [
            {
                **flags.cause(gap.cause),
                "is_gap": gap.is_gap,
                "dates": {name: [place[d] for d in days] for name, days in gap.dates.items()},
            }
            for gap in causes.together(one.gaps)
        ],
    }


def _table(one: Coverage, table: str) -> dict[str, Any]:
    cells = one.of(table)
    due, present = expected(cells)
    found: dict[str, Any] = {
        "name": table,
        "symbols": "".join(SYMBOLS[cell.state][0] for cell in cells),
        "due": due,
        "present": present,
        "rows": [cell.rows for cell in cells],
    }
    if table in set(one.states.steps):
        found["ready"] = [cell.ready_rows for cell in cells]
    return found


def runs(project: Project) -> list[dict[str, Any]]:
    """The newest runs, newest first: how long they took, how they ended and what they changed."""
    return [
        {
            "run": run["run_id"],
            "verb": run["verb"],
            "started": run["started_at"],
            "finished": run["finished_at"],
            "seconds": _seconds(run),
            "status": run["status"],
            "rules": run["rules"],
            "asked": asked_for(run["arguments"]),
            "did": did(run),
            "changed": _changed(run["arguments"], run["result"]),
        }
        for run in newest_runs(project, MOST_RUNS)
    ]


def _seconds(run: Mapping[str, Any]) -> float | None:
    if not run["finished_at"]:
        return None
    began, ended = (dt.datetime.fromisoformat(run[k]) for k in ("started_at", "finished_at"))
    return round((ended - began).total_seconds(), 2)


def _changed(arguments: Mapping[str, Any], result: Any) -> dict[str, int]:
    """Dates that a run changed here or, pushed, there, by table."""
    if "push_id" in arguments:
        return {table: number for table, number in arguments["dates"].items() if number}
    steps = result.get("tables", ()) if isinstance(result, dict) else result or ()
    found: dict[str, int] = {}
    for step in steps:
        if step.get("changed"):
            found[step["table"]] = found.get(step["table"], 0) + len(step["changed"])
    return found


def running(work: Workspace) -> list[dict[str, str]]:
    """Runs under way."""
    found = queries.running(work.ledger)
    return [{"verb": run.verb, "started": run.started_at} for run in found]
