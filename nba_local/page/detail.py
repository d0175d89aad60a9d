"""Detail: all that is known of a date of a table, as plain values."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nba_local.explain.why import of_date
from nba_local.push.receipts import COMMITTED, VERIFIED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nba_local.explain.causes import Trace, Tracer
    from nba_local.explain.states import Cell
    from nba_local.page.view import Flags
    from nba_local.storage.workspace import Workspace
    from nba_local.tables.calendar import Interval
    from nba_local.tables.table import Table

MOST_NAMED = 6
"""Players or teams named for one reason."""

_CLAIMS = """
    SELECT claim, severity, sum(rows) AS rows, detail, min(sample) AS sample, date FROM findings
    WHERE table_name = ? AND date >= ? AND date < ?
    GROUP BY date, claim, severity, detail ORDER BY claim
"""
_LACKING = """
    SELECT * FROM (
        SELECT date, entity, reason, detail, category, can_retry,
            count(*) OVER same AS number, row_number() OVER (same ORDER BY entity) AS place
        FROM non_rows
        WHERE table_name = ? AND date >= ? AND date < ? AND entity <> 'DATE_LEVEL'
        WINDOW same AS (PARTITION BY date, reason, category)
    ) WHERE place <= ? ORDER BY number DESC, place
"""
_COMPUTED = """
    SELECT date, changed_run, started_at FROM partitions JOIN runs ON run_id = changed_run
    WHERE table_name = ? AND date >= ? AND date < ?
"""
_PULLED = """
    SELECT date, changed_run, started_at FROM raw_partitions JOIN runs ON run_id = changed_run
    WHERE table_name = ? AND date >= ? AND date < ?
"""
_PUSHES = """
    SELECT date, push_id, rows, verified FROM pushes
    WHERE table_name = ? AND date >= ? AND date < ? AND warehouse = ?
"""


class Details:
    """What the ledger says of the dates of `span` in `tables`."""

    def __init__(
        self, tracer: Tracer, tables: Iterable[Table], span: Interval, flags: Flags
    ) -> None:
        self.tracer, self.flags = tracer, flags
        self.days = {day.date: day for day in tracer.season.days}
        self.target = _target(tracer.work)
        self.facts: dict[str, _Facts] = {}
        for table in tables:
            within = (table.name, span.start.isoformat(), span.end.isoformat())

            def by_date(
                sql: str, *more: Any, within: tuple[str, ...] = within
            ) -> dict[str, list[Any]]:
                found: dict[str, list[Any]] = defaultdict(list)
                for row in tracer.work.ledger.rows(sql, (*within, *more)):
                    found[row["date"]].append(row)
                return found

            self.facts[table.name] = _Facts(
                table,
                by_date(_CLAIMS),
                by_date(_LACKING, MOST_NAMED),
                by_date(_PULLED if table.is_source else _COMPUTED),
                by_date(_PUSHES, self.target),
            )

    def of(self, cell: Cell) -> dict[str, Any]:
        """A date of a table: its state and counts, what fails, who lacks a row, and why."""
        facts, date = self.facts[cell.table], cell.date.isoformat()
        trace = self.tracer.of(cell.table, cell.date)
        day = self.days[cell.date]
        changed = facts.changed.get(date)
        return {
            "table": cell.table,
            "date": date,
            "state": cell.state,
            "said": of_date(cell),
            "games": day.games,
            "others": day.others,
            "unit": cell.unit,
            "expected": cell.expected,
            "found": cell.found,
            "rows": cell.rows,
            "ready": None if facts.table.is_source else cell.ready_rows,
            "issues": dict(cell.issues),
            "checks": len(facts.table.checks),
            "claims": [
                {name: row[name] for name in ("claim", "severity", "rows", "detail", "sample")}
                for row in facts.claims.get(date, ())
            ],
            "lacking": _by_reason(facts.lacking.get(date, ())),
            "missing": self._missing(cell),
            "push": self._push(cell, facts.pushes.get(date, ())),
            "changed": {"run": changed[0]["changed_run"], "when": changed[0]["started_at"]}
            if changed
            else None,
            "why": trace and way(trace, self.flags),
        }

    def _missing(self, cell: Cell) -> dict[str, Any] | None:
        """Who the schedule expects in a source table that has no row of him."""
        names = self.tracer.season.expected.missing.get((cell.table, cell.date), ())
        return {"number": len(names), "who": list(names[:MOST_NAMED])} if names else None

    def _push(self, cell: Cell, there: Sequence[Any]) -> dict[str, Any] | None:
        """What became of the date at the place last pushed to; None where nothing was pushed."""
        if cell.pushed is None:
            return None
        return {
            "is_there": cell.pushed,
            "place": self.target,
            "push": there[0]["push_id"] if there else "",
            "rows": there[0]["rows"] if there else 0,
            "verified": bool(there and there[0]["verified"]),
        }


@dataclass(frozen=True, slots=True)
class _Facts:
    """Rows of the ledger about one table, by date."""

    table: Table
    claims: Mapping[str, Sequence[Any]]
    lacking: Mapping[str, Sequence[Any]]
    changed: Mapping[str, Sequence[Any]]
    pushes: Mapping[str, Sequence[Any]]


def way(trace: Trace, flags: Flags) -> dict[str, Any]:
    """The way to a root, and what mends it."""
    return {
        "links": [
            {
                "table": link.table,
                "date": link.date.isoformat(),
                "entity": link.entity,
                "said": link.said,
            }
            for link in trace.links
        ],
        "cause": flags.cause(trace.cause),
        "also": [flags.cause(cause)["text"] for cause in trace.also],
    }


def _by_reason(rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Who has no row, a few names for each reason."""
    found: dict[tuple[str, str | None], dict[str, Any]] = {}
    for row in rows:
        one = found.setdefault(
            (row["reason"], row["category"]),
            {
                "reason": row["reason"],
                "number": row["number"],
                "category": row["category"],
                "can_retry": bool(row["can_retry"]),
                "who": [],
            },
        )
        one["who"].append([row["entity"], row["detail"] or ""])
    return list(found.values())


def _target(work: Workspace) -> str:
    """The place last pushed to."""
    rows = work.ledger.rows(
        "SELECT warehouse FROM push_runs WHERE status IN (?, ?) ORDER BY base_as_of DESC LIMIT 1",
        (COMMITTED, VERIFIED),
    )
    return str(rows[0]["warehouse"]) if rows else ""
