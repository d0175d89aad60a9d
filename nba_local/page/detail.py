"""Detail: all that is known of a date of a table, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nba_local.explain import causes
from nba_local.explain.why import of_date
from nba_local.storage import queries

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence

    from nba_local.explain.causes import Trace
    from nba_local.explain.states import DateState
    from nba_local.explain.tracer import Tracer
    from nba_local.page.view import Flags
    from nba_local.storage.rows import ChangedDate, NonRow
    from nba_local.tables.results import Finding
    from nba_local.tables.table import Table

MOST_NAMED = 6
"""Entities named for one reason."""


class Details:
    """What the ledger says of the dates of a season in `tables`."""

    def __init__(self, tracer: Tracer, tables: Iterable[Table], flags: Flags) -> None:
        self.tracer, self.flags = tracer, flags
        self.days = {day.date: day for day in tracer.season.days}
        ledger, season = tracer.work.ledger, tracer.season.season
        self.target = queries.last_target(ledger)
        self.pushes = queries.pushed_dates(ledger, self.target, season)
        self.facts = {
            table.name: _Facts(
                table,
                _claims(queries.findings(ledger, table.name, season)),
                queries.non_rows_named(ledger, table.name, season, MOST_NAMED),
                queries.changed_dates(ledger, table.name, season, is_source=table.is_source),
            )
            for table in tables
        }

    def of(self, cell: DateState) -> dict[str, Any]:
        """A date of a table: its state and counts, what fails, who lacks a row, and why."""
        facts, date = self.facts[cell.table], cell.date
        trace = self.tracer.of(cell.table, cell.date)
        day = self.days[cell.date]
        changed = facts.changed.get(date)
        return {
            "table": cell.table,
            "date": date.isoformat(),
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
            "claims": facts.claims.get(date, []),
            "lacking": _by_reason(facts.lacking.get(date, ())),
            "missing": self._missing(cell),
            "push": self._push(cell),
            "changed": changed and {"run": changed.run_id, "when": changed.started_at},
            "why": trace and way(trace, self.flags),
        }

    def _missing(self, cell: DateState) -> dict[str, Any] | None:
        """Who the schedule expects in a source table that has no row of them."""
        names = self.tracer.season.expected.missing.get((cell.table, cell.date), ())
        return {"number": len(names), "who": list(names[:MOST_NAMED])} if names else None

    def _push(self, cell: DateState) -> dict[str, Any] | None:
        """What became of the date at the place last pushed to; None where nothing was pushed."""
        if cell.pushed is None:
            return None
        there = self.pushes.get((cell.table, cell.date))
        return {
            "is_there": cell.pushed,
            "place": self.target,
            "push": there.push_id if there else "",
            "rows": there.rows if there else 0,
            "verified": bool(there and there.is_verified),
        }


@dataclass(frozen=True, slots=True)
class _Facts:
    """Rows of the ledger about one table, by date."""

    table: Table
    claims: Mapping[dt.date, list[dict[str, Any]]]
    lacking: Mapping[dt.date, Sequence[NonRow]]
    changed: Mapping[dt.date, ChangedDate]


def way(trace: Trace, flags: Flags) -> dict[str, Any]:
    """The way to a root, and what fixes it; what several tables share is one cause."""
    root, *others = causes.once((trace.cause, *trace.also))
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
        "cause": flags.cause(root),
        "also": [flags.cause(cause)["text"] for cause in others],
    }


def _claims(findings: Sequence[Finding]) -> dict[dt.date, list[dict[str, Any]]]:
    """What does not hold, by date: a line for each claim and sentence, with the rows of all."""
    found: dict[dt.date, dict[tuple[str, str, str], dict[str, Any]]] = {}
    for one in findings:
        key = (one.claim, one.severity, one.detail)
        line = found.setdefault(one.date, {}).setdefault(
            key,
            {
                "claim": one.claim,
                "severity": one.severity,
                "rows": 0,
                "detail": one.detail,
                "sample": one.sample,
            },
        )
        line["rows"] += one.rows
    return {date: list(lines.values()) for date, lines in found.items()}


def _by_reason(rows: Sequence[NonRow]) -> list[dict[str, Any]]:
    """Who has no row, a few names for each reason."""
    found: dict[tuple[str, str | None], dict[str, Any]] = {}
    for row in rows:
        one = found.setdefault(
            (row.reason, row.category),
            {
                "reason": row.reason,
                "number": row.number,
                "category": row.category,
                "can_retry": row.can_retry,
                "who": [],
            },
        )
        one["who"].append([row.entity, row.detail])
    return list(found.values())
