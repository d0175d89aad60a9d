"""States: what every date of every table of a season is, in one word, with counts.

A date is what its worst trouble makes it; `causes` says where that comes from.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nba_local.compute import plan as planning
from nba_local.errors import MissingUpstreamError
from nba_local.pull.expected import expectation
from nba_local.push.receipts import COMMITTED, VERIFIED
from nba_local.tables.results import QUARANTINED as HELD
from nba_local.tables.results import STATE_OK

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nba_local.pull.expected import Day, Due, Expectation
    from nba_local.storage.ledger import Ledger
    from nba_local.storage.workspace import Workspace
    from nba_local.tables.calendar import Season
    from nba_local.tables.results import Reason, Step
    from nba_local.tables.table import Table

OK, QUARANTINED, WARNED = STATE_OK, HELD, "warned"
NO_GAMES, UNKNOWN_TEAMS, BOOTSTRAP = "no_games", "unknown_teams", "bootstrap"
INSUFFICIENT, NOT_DUE = "insufficient_history", "not_due"
MISSING, INCOMPLETE = "upstream_missing", "upstream_incomplete"
STALE, NOT_PULLED, NOT_COMPUTED, FAILED = "stale", "not_pulled", "not_computed", "failed"
NOT_PUSHED, PUSHED, UNVERIFIED = "published_not_pushed", "pushed", "push_unverified"

STATES = (
    *(OK, PUSHED, WARNED),
    *(NO_GAMES, UNKNOWN_TEAMS, BOOTSTRAP, INSUFFICIENT, NOT_DUE),
    *(MISSING, INCOMPLETE, QUARANTINED, STALE, FAILED, NOT_PULLED, NOT_COMPUTED),
    *(NOT_PUSHED, UNVERIFIED),
)
"""Every state there is."""

EMPTY_AS_IT_SHOULD = frozenset({NO_GAMES, UNKNOWN_TEAMS, BOOTSTRAP, INSUFFICIENT, NOT_DUE})
"""Dates without rows of which none are expected."""

PRESENT = frozenset({OK, WARNED, PUSHED, NOT_PUSHED, UNVERIFIED})
"""Dates that have all the rows they should have, as code, rules and inputs are now."""

GAPS = frozenset({MISSING, INCOMPLETE, QUARANTINED, STALE, FAILED, NOT_PULLED, NOT_COMPUTED})
"""Dates that lack rows, or have rows that are not what they would be now."""

INTERRUPTED = frozenset({"failed", "died", "interrupted"})
"""How runs end that did not do what they were asked for."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One date of one table.

    detail: What the state lacks or leans on: a table, a count, a run, what is stale.
    unit, expected, found: What is counted, how many there should be, and are.
    rows, ready_rows: Rows that are stored, and those of them that may be used for predictions.
    lacking: Entities without a row by reason. issues: Rows that are not ready by issue.
    claims: Claims that do not hold, the one that fails on the fewest dates first.
    pushed: Whether the target has it as it is here; None where nothing was pushed yet.
    """

    table: str
    date: dt.date
    state: str
    detail: str = ""
    unit: str = ""
    expected: int | None = None
    found: int | None = None
    rows: int = 0
    ready_rows: int = 0
    lacking: Mapping[str, int] = field(default_factory=dict)
    issues: Mapping[str, int] = field(default_factory=dict)
    claims: tuple[str, ...] = ()
    pushed: bool | None = None


@dataclass(frozen=True, slots=True)
class SeasonStates:
    """A season of all tables.

    days: The dates, with their games. cells: By table and date, every date of `days`.
    expected: What should be there of the sources. steps: What a backfill would do, by table.
    claims: The sentence of each claim that does not hold somewhere, by table and claim.
    """

    season: Season
    days: tuple[Day, ...]
    cells: Mapping[tuple[str, dt.date], Cell]
    expected: Expectation
    steps: Mapping[str, Step]
    claims: Mapping[tuple[str, str], str]

    def of(self, table: str) -> list[Cell]:
        """The cells of a table by date."""
        return [self.cells[table, day.date] for day in self.days]


def states(
    work: Workspace, season: Season, steps: Mapping[str, Step] | None = None
) -> SeasonStates:
    """The state of every date of every table of `season`. Reads the ledger and file sizes.

    steps: What a backfill would do, by table, where the caller knows it.
    """
    wanted = expectation(work, season)
    facts = _Facts(work, season)
    steps = planned(work, [season]).get(season, {}) if steps is None else steps
    cells = {}
    for table in work.registry.tables.values():
        one = _source if table.is_source else _feature
        for day in wanted.days:
            cells[table.name, day.date] = one(facts, table, day, wanted, steps)
    return SeasonStates(season, wanted.days, cells, wanted, steps, facts.sentences)


def planned(work: Workspace, seasons: Sequence[Season]) -> dict[Season, dict[str, Step]]:
    """What a backfill would do, by season and table; nothing of a season that was not pulled."""
    found: dict[Season, dict[str, Step]] = {}
    try:
        plan = planning.plan(work, work.registry.features, seasons, is_quick=True)
    except MissingUpstreamError:
        # of several seasons one lacks a source: the others have their plans
        for season in seasons if len(seasons) > 1 else ():
            found |= planned(work, [season])
        return found
    for step in plan.steps:
        found.setdefault(step.season, {})[step.table.name] = step
    return found


class _Facts:
    """What the ledger says of one season, by table and date."""

    def __init__(self, work: Workspace, season: Season) -> None:
        ledger, self.season = work.ledger, season
        span = (season.interval.start.isoformat(), season.interval.end.isoformat())
        self.pulled = {
            row["table_name"]
            for row in ledger.rows(
                "SELECT DISTINCT table_name FROM raw_files WHERE season = ?", (season.year,)
            )
        }
        self.raw: dict[tuple[str, dt.date], int] = {}
        self.partitions: dict[tuple[str, dt.date], Any] = {}
        self.lacking: dict[tuple[str, dt.date], dict[str, int]] = defaultdict(dict)
        self.sentences: dict[tuple[str, str], str] = {}
        broken: dict[str, dict[str, list[dt.date]]] = defaultdict(lambda: defaultdict(list))
        self.blocked: dict[tuple[str, dt.date], str] = {}
        for table in work.registry.tables.values():
            name, here = table.name, (table.name, *span)
            for row in ledger.rows(f"SELECT date, rows FROM raw_partitions {_WITHIN}", here):  # noqa: S608
                self.raw[name, _date(row["date"])] = row["rows"]
            for row in ledger.rows(f"SELECT * FROM partitions {_WITHIN}", here):  # noqa: S608
                self.partitions[name, _date(row["date"])] = row
            for date, reason, number in ledger.rows(
                f"SELECT date, reason, count(*) FROM non_rows {_WITHIN} "  # noqa: S608
                "AND entity <> 'DATE_LEVEL' GROUP BY date, reason",
                here,
            ):
                self.lacking[name, _date(date)][reason] = number
            for date, claim, severity, detail in ledger.rows(
                f"SELECT DISTINCT date, claim, severity, detail FROM findings {_WITHIN}",  # noqa: S608
                here,
            ):
                if not broken[name][claim] or broken[name][claim][-1] != _date(date):
                    broken[name][claim].append(_date(date))
                self.sentences.setdefault((name, claim), detail)
                if severity == "block":
                    self.blocked.setdefault((name, _date(date)), claim)
        self.claims: dict[tuple[str, dt.date], list[str]] = defaultdict(list)
        for name, claims in broken.items():
            for claim, dates in sorted(claims.items(), key=lambda item: (len(item[1]), item[0])):
                for date in dates:
                    self.claims[name, date].append(claim)
        self.pushed = _pushed(ledger, season)
        self.failed, self.failing = _failed(ledger, season)


_WITHIN = "WHERE table_name = ? AND date >= ? AND date < ?"


def _pushed(ledger: Ledger, season: Season) -> _Pushed | None:
    """What is known of the place last pushed to; None without a push."""
    runs = ledger.rows(
        "SELECT warehouse, status, dates FROM push_runs WHERE status IN (?, ?) "
        "ORDER BY base_as_of DESC",
        (COMMITTED, VERIFIED),
    )
    if not runs:
        return None
    place = runs[0]["warehouse"]
    seen = {
        (row["table_name"], _date(row["date"])): (row["changed_run"], bool(row["verified"]))
        for row in ledger.rows(
            "SELECT table_name, date, verified, changed_run FROM pushes "
            "WHERE warehouse = ? AND date >= ? AND date < ?",
            (place, season.interval.start.isoformat(), season.interval.end.isoformat()),
        )
    }
    open_ends = {
        (table, _date(date))
        for run in runs
        if run["warehouse"] == place and run["status"] == COMMITTED
        for table, kinds in json.loads(run["dates"]).items()
        for dates in kinds.values()
        for date in dates
    }
    return _Pushed(seen, open_ends)


@dataclass(frozen=True, slots=True)
class _Pushed:
    """Dates as last seen at a place: by which run they are as they are here, and whether they are.

    open_ends: Dates of pushes that took effect and were not read back.
    """

    seen: Mapping[tuple[str, dt.date], tuple[str, bool]]
    open_ends: set[tuple[str, dt.date]]


def _failed(ledger: Ledger, season: Season) -> tuple[str, str]:
    """The newest backfill of the season if it did not end well, and the table it failed at."""
    for row in ledger.rows(
        "SELECT run_id, status, arguments, result FROM runs WHERE verb = 'backfill' "
        "ORDER BY started_at DESC"
    ):
        if str(season) in json.loads(row["arguments"]).get("seasons", ()):
            if row["status"] not in INTERRUPTED:
                return "", ""
            result = json.loads(row["result"] or "null") or {}
            failed = result.get("failed", ()) if isinstance(result, dict) else ()
            named = [item["table"] for item in failed if item.get("season") == str(season)]
            return row["run_id"], named[0] if named else ""
    return "", ""


def _source(
    facts: _Facts, table: Table, day: Day, wanted: Expectation, _steps: Mapping[str, Step]
) -> Cell:
    key = (table.name, day.date)
    due: Due | None = wanted.due.get(key)
    rows, claims = facts.raw.get(key, 0), tuple(facts.claims.get(key, ()))
    state, detail = OK, ""
    if table.name not in facts.pulled:
        state = NOT_PULLED
    elif not day.games:
        state, detail = _without_games(day)
    elif due is None:
        state = NOT_DUE if not rows else WARNED if claims else OK
    elif not rows or not due.found:
        state, detail = MISSING, "the warehouse"
    elif due.found < due.expected:
        state, detail = INCOMPLETE, f"{due.found} of {due.expected} {due.unit}"
    elif claims:
        state, detail = WARNED, claims[0]
    counted: tuple[str, int | None, int | None] = ("", None, None)
    if due:
        counted = (due.unit, due.expected, due.found)
    return Cell(table.name, day.date, state, detail, *counted, rows=rows, claims=claims)


def _without_games(day: Day) -> tuple[str, str]:
    return (UNKNOWN_TEAMS, day.others) if day.other_games else (NO_GAMES, "")


def _feature(
    facts: _Facts, table: Table, day: Day, _wanted: Expectation, steps: Mapping[str, Step]
) -> Cell:
    key = (table.name, day.date)
    row, claims = facts.partitions.get(key), tuple(facts.claims.get(key, ()))
    lacking = facts.lacking.get(key, {})
    counted = _counted(row, lacking)
    state, detail = _feature_state(facts, key, day, row, steps, counted)
    pushed = _is_pushed(facts, key, row)
    if state == OK and claims:
        state, detail = WARNED, claims[0]
    elif state == OK and pushed is not None:
        state = pushed
    return Cell(
        table.name,
        day.date,
        state,
        detail,
        *counted,
        rows=row["rows"] if row else 0,
        ready_rows=row["ready_rows"] if row else 0,
        lacking=lacking,
        issues=json.loads(row["issues"]) if row else {},
        claims=claims,
        pushed=None if pushed is None else pushed == PUSHED,
    )


def _counted(row: Any, lacking: Mapping[str, int]) -> tuple[str, int | None, int | None]:
    """What is counted of a feature table: teams where some are short, else rows."""
    if row is None:
        return "", None, None
    if row["teams_expected"] is not None and row["teams_found"] < row["teams_expected"]:
        return "teams", row["teams_expected"], row["teams_found"]
    lost = sum(lacking.get(reason, 0) for reason in LOST)
    return "rows", row["rows"] + lost, row["rows"]


LOST = ("upstream_missing", "incomplete_data")
"""Reasons of non-rows that would be rows if everything were there."""


def _feature_state(  # noqa: PLR0913 - all that is known of a date
    facts: _Facts,
    key: tuple[str, dt.date],
    day: Day,
    row: Any,
    steps: Mapping[str, Step],
    counted: tuple[str, int | None, int | None],
) -> tuple[str, str]:
    """State and detail of a date of a feature table, claims and pushes aside."""
    step = steps.get(key[0])
    is_due = step is None or step.is_due
    if is_due and facts.failed and facts.failing in {"", key[0]}:
        return FAILED, facts.failed
    if not day.games:
        return _without_games(day)
    if row is None:
        return NOT_COMPUTED, ""
    is_stale = step is not None and step.is_due and day.date >= stale_since(step, steps)
    if step is not None and is_stale and row["state"] != BOOTSTRAP:
        return STALE, ", ".join(dict.fromkeys(kind_of(reason.code) for reason in step.reasons))
    return _computed(row, facts.blocked.get(key, ""), counted)


def _computed(row: Any, claim: str, counted: tuple[str, int | None, int | None]) -> tuple[str, str]:
    """State and detail of a date that is as code, rules and inputs make it now."""
    unit, expected, found = counted
    if row["state"] == QUARANTINED:
        return QUARANTINED, claim or row["detail"] or ""
    if row["state"] != OK:
        return row["state"], row["detail"] or ""
    if expected != found:
        return INCOMPLETE, f"{found} of {expected} {unit}"
    if row["rows"] and not row["ready_rows"]:
        return INCOMPLETE, f"0 of {row['rows']} rows ready"
    return OK, ""


def stale_since(step: Step, steps: Mapping[str, Step]) -> dt.date:
    """The first date that a due step may change: the first that changed of its inputs.

    All dates where anything else is the reason.
    """
    first = step.season.interval.start

    def since(reason: Reason) -> dt.date:
        upstream = steps.get(reason.table)
        if upstream and upstream.is_due:
            return stale_since(upstream, steps)
        return min(reason.dates, default=first)

    return min(map(since, step.reasons), default=step.season.interval.end)


def kind_of(code: str) -> str:
    """What is stale about a step, from the code of its reason."""
    return {
        "code_changed": "code",
        "checks_changed": "checks",
        "rules_changed": "rules",
        "input_changed": "input",
        "today_changed": "day",
        "file_damaged": "file",
    }.get(code, code)


def _is_pushed(facts: _Facts, key: tuple[str, dt.date], row: Any) -> str | None:
    """The push state of a published date; None where nothing was pushed yet."""
    if facts.pushed is None or row is None or row["state"] != OK:
        return None
    changed_run, is_ours = facts.pushed.seen.get(key, ("", False))
    if changed_run == row["changed_run"]:
        return PUSHED if is_ours else UNVERIFIED
    return UNVERIFIED if key in facts.pushed.open_ends else NOT_PUSHED


def _date(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def counts(cells: Sequence[Cell]) -> dict[str, int]:
    """Number of cells by state, in the order of `STATES`."""
    found = Counter(cell.state for cell in cells)
    return {state: found[state] for state in STATES if found[state]}
