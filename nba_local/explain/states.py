"""States: what every date of every table of a season is, in one word, with counts.

The state of a date is the most severe condition that holds for it; `causes` says where that comes
from. What is known is in `facts`; here it is decided, and nothing is read.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from nba_local.compute import plan as planning
from nba_local.compute.expected import Day, expectation
from nba_local.errors import MissingUpstreamError
from nba_local.explain import columns
from nba_local.explain.facts import Facts
from nba_local.storage import queries
from nba_local.tables.results import QUARANTINED as HELD
from nba_local.tables.results import STATE_OK

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from nba_local.compute.expected import Due, Expectation
    from nba_local.explain.columns import Fill
    from nba_local.storage.rows import FeatureDate, UnusualColumn
    from nba_local.storage.workspace import Workspace
    from nba_local.tables.calendar import Season
    from nba_local.tables.results import Reason, Step
    from nba_local.tables.table import Table

OK, QUARANTINED, WARNED = STATE_OK, HELD, "warned"
NO_GAMES, OTHER_GAMES, BOOTSTRAP = "no_games", "other_games", "bootstrap"
INSUFFICIENT, NOT_DUE = "insufficient_history", "not_due"
MISSING, INCOMPLETE = "upstream_missing", "upstream_incomplete"
STALE, NOT_PULLED, NOT_COMPUTED, FAILED = "stale", "not_pulled", "not_computed", "failed"
NOT_PUSHED, PUSHED, UNVERIFIED = "published_not_pushed", "pushed", "push_unverified"

STATES = (
    *(OK, PUSHED, WARNED),
    *(NO_GAMES, OTHER_GAMES, BOOTSTRAP, INSUFFICIENT, NOT_DUE),
    *(MISSING, INCOMPLETE, QUARANTINED, STALE, FAILED, NOT_PULLED, NOT_COMPUTED),
    *(NOT_PUSHED, UNVERIFIED),
)
"""Every state there is."""

EMPTY_AS_IT_SHOULD = frozenset({NO_GAMES, OTHER_GAMES, BOOTSTRAP, INSUFFICIENT, NOT_DUE})
"""Dates without rows of which none are expected."""

PRESENT = frozenset({OK, WARNED, PUSHED, NOT_PUSHED, UNVERIFIED})
"""Dates that have all the rows they should have, as code, rules and inputs are now."""

GAPS = frozenset({MISSING, INCOMPLETE, QUARANTINED, STALE, FAILED, NOT_PULLED, NOT_COMPUTED})
"""Dates that lack rows, or have rows that are not what they would be now."""


@dataclass(frozen=True, slots=True)
class DateState:
    """One date of one table.

    detail: What the state lacks or leans on: a table, a count, a run, what is stale.
    unit, expected, found: What is counted, how many there should be, and are.
    rows, ready_rows: Rows that are stored, and those of them that may be used for predictions.
    lacking: Entities without a row by reason. issues: Rows that are not ready by issue.
    claims: Claims that do not hold, the one that fails on the fewest dates first.
    pushed: Whether the target has it as it is here; None where nothing was pushed yet.
    held_by: The source table of the claim that holds the date back; empty for a claim of its own.
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
    held_by: str = ""


@dataclass(frozen=True, slots=True)
class SeasonStates:
    """A season of all tables.

    days: The dates, with their games. cells: By table and date, every date of `days`.
    expected: What should be there of the sources. steps: What a backfill would do, by table.
    claims: The sentence of each claim that does not hold somewhere, by table and claim.
    unchecked: Source tables whose claims did not run on the rows that are stored now.
    outside: Claims that do not hold on dates that are no dates of the season, by table and claim.
    silent: Columns of source tables that are NULL all season and should not be. unusual: those
    that are unlike their own history on a date.
    """

    season: Season
    days: tuple[Day, ...]
    cells: Mapping[tuple[str, dt.date], DateState]
    expected: Expectation
    steps: Mapping[str, Step]
    claims: Mapping[tuple[str, str], str]
    unchecked: tuple[str, ...] = ()
    outside: Mapping[tuple[str, str], tuple[dt.date, ...]] = field(default_factory=dict)
    silent: tuple[Fill, ...] = ()
    unusual: tuple[UnusualColumn, ...] = ()

    def of(self, table: str) -> list[DateState]:
        """The cells of a table by date."""
        return [self.cells[table, day.date] for day in self.days]


class Known(NamedTuple):
    """What is found out of several seasons at once: a step by season and table, silent columns."""

    steps: Mapping[Season, Mapping[str, Step]]
    silent: Mapping[Season, tuple[Fill, ...]]


def known(work: Workspace, seasons: Sequence[Season]) -> Known:
    """What `states` of each of `seasons` needs and is cheaper to ask for once."""
    return Known(planned(work, seasons), columns.silent(work, seasons))


def states(work: Workspace, season: Season, given: Known | None = None) -> SeasonStates:
    """The state of every date of every table of `season`. Reads the ledger and file sizes."""
    given = given or known(work, [season])
    facts = Facts(work, season)
    wanted = expectation(work, season)
    if work.registry.calendar is None:  # every date that has rows, or should have had some
        days = tuple(Day(date, games=1, over=1, other_games=0, others="") for date in facts.days)
        wanted = replace(wanted, days=days)
    steps = given.steps.get(season, {})
    cells = {}
    for table in work.registry.tables.values():
        one = _source if table.is_source else _feature
        for day in wanted.days:
            cells[table.name, day.date] = one(facts, table, day, wanted, steps)
    outside = _outside(facts, {day.date for day in wanted.days})
    return SeasonStates(
        season=season,
        days=wanted.days,
        cells=cells,
        expected=wanted,
        steps=steps,
        claims=facts.sentences,
        unchecked=facts.unchecked,
        outside=outside,
        silent=given.silent[season],
        unusual=tuple(queries.unusual_columns(work.ledger, season)),
    )


def _outside(
    facts: Facts, days: AbstractSet[dt.date]
) -> dict[tuple[str, str], tuple[dt.date, ...]]:
    dates_of: dict[tuple[str, str], list[dt.date]] = {}
    for (table, date), claims in facts.claims.items():
        for claim in claims if date not in days else ():
            dates_of.setdefault((table, claim), []).append(date)
    return {key: tuple(sorted(dates)) for key, dates in dates_of.items()}


def planned(work: Workspace, seasons: Sequence[Season]) -> dict[Season, dict[str, Step]]:
    """What a backfill would do, by season and table; nothing of a season that was not pulled."""
    by_season: dict[Season, dict[str, Step]] = {}
    try:
        plan = planning.plan(work, work.registry.features, seasons, is_quick=True)
    except MissingUpstreamError:
        # of several seasons one lacks a source: the others have their plans
        for season in seasons if len(seasons) > 1 else ():
            by_season |= planned(work, [season])
        return by_season
    for step in plan.steps:
        by_season.setdefault(step.season, {})[step.table.name] = step
    return by_season


def _source(
    facts: Facts, table: Table, day: Day, wanted: Expectation, _steps: Mapping[str, Step]
) -> DateState:
    key = (table.name, day.date)
    due: Due | None = wanted.due.get(key)
    rows, claims = facts.raw.get(key, 0), tuple(facts.claims.get(key, ()))
    state, detail = OK, ""
    if table.name not in facts.pulled:
        state = NOT_PULLED
    elif key in facts.blocked:
        state, detail = QUARANTINED, facts.blocked[key]
    elif not day.games:
        state, detail = (WARNED, claims[0]) if rows and claims else _without_games(day)
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
    return DateState(table.name, day.date, state, detail, *counted, rows=rows, claims=claims)


def _without_games(day: Day) -> tuple[str, str]:
    return (OTHER_GAMES, day.others) if day.other_games else (NO_GAMES, "")


def _feature(
    facts: Facts, table: Table, day: Day, _wanted: Expectation, steps: Mapping[str, Step]
) -> DateState:
    key = (table.name, day.date)
    row, claims = facts.dates.get(key), tuple(facts.claims.get(key, ()))
    lacking = facts.lacking.get(key, {})
    counted = _counted(table, row, lacking)
    state, detail = _feature_state(facts, key, day, row, steps, counted)
    pushed = _is_pushed(facts, key, row)
    if state == OK and claims:
        state, detail = WARNED, claims[0]
    elif state == OK and pushed is not None:
        state = pushed
    held = facts.held.get(day.date) if state == QUARANTINED and key not in facts.blocked else None
    return DateState(
        table.name,
        day.date,
        state,
        detail,
        *counted,
        rows=row.rows if row else 0,
        ready_rows=row.ready_rows if row else 0,
        lacking=lacking,
        issues=row.issues if row else {},
        claims=claims,
        pushed=None if pushed is None else pushed == PUSHED,
        held_by=held.table if held else "",
    )


def _counted(
    table: Table, row: FeatureDate | None, lacking: Mapping[str, int]
) -> tuple[str, int | None, int | None]:
    """What is counted of a feature table: entities where some are short, else rows."""
    if row is None:
        return "", None, None
    if row.entities_expected is not None and (row.entities_found or 0) < row.entities_expected:
        return table.unit, row.entities_expected, row.entities_found
    lost = sum(lacking.get(reason, 0) for reason in LOST)
    return "rows", row.rows + lost, row.rows


LOST = ("upstream_missing", "incomplete_data", "row_set_aside")
"""Reasons of non-rows that would be rows if everything were there."""


def _feature_state(  # noqa: PLR0913 - all that is known of a date
    facts: Facts,
    key: tuple[str, dt.date],
    day: Day,
    row: FeatureDate | None,
    steps: Mapping[str, Step],
    counted: tuple[str, int | None, int | None],
) -> tuple[str, str]:
    """State and detail of a date of a feature table, claims and pushes aside."""
    step = steps.get(key[0])
    is_due = step is None or step.is_due
    if is_due and facts.failed_run and facts.failed_table in {"", key[0]}:
        return FAILED, facts.failed_run
    if not day.games:
        return _without_games(day)
    if row is None:
        return NOT_COMPUTED, ""
    is_stale = step is not None and step.is_due and day.date >= stale_since(step, steps)
    if step is not None and is_stale and row.state != BOOTSTRAP:
        return STALE, ", ".join(dict.fromkeys(kind_of(reason.code) for reason in step.reasons))
    held = facts.held.get(day.date)
    return _computed(row, facts.blocked.get(key, "") or (held.claim if held else ""), counted)


def _computed(
    row: FeatureDate, claim: str, counted: tuple[str, int | None, int | None]
) -> tuple[str, str]:
    """State and detail of a date that is as code, rules and inputs make it now."""
    unit, expected, found = counted
    if row.state == QUARANTINED:
        return QUARANTINED, claim or row.detail
    if row.state != OK:
        return row.state, row.detail
    if expected != found:
        return INCOMPLETE, f"{found} of {expected} {unit}"
    if row.rows and not row.ready_rows:
        return INCOMPLETE, f"0 of {row.rows} rows ready"
    return OK, ""


def stale_since(step: Step, steps: Mapping[str, Step]) -> dt.date:
    """The first date that a due step may change: the first that changed of its inputs.

    All dates where anything else is the reason.
    """

    def since(reason: Reason) -> dt.date:
        upstream = steps.get(reason.table)
        if upstream and upstream.is_due:
            return stale_since(upstream, steps)
        return min(reason.dates, default=dt.date.min)

    return min(map(since, step.reasons), default=dt.date.max)


def kind_of(code: str) -> str:
    """What is stale about a step, from the code of its reason."""
    return {
        "code_changed": "code",
        "checks_changed": "checks",
        "rules_changed": "rules",
        "input_changed": "input",
        "today_changed": "day",
        "held_changed": "source claims",
        "file_damaged": "file",
    }.get(code, code)


def _is_pushed(facts: Facts, key: tuple[str, dt.date], row: FeatureDate | None) -> str | None:
    """The push state of a published date; None where nothing was pushed yet."""
    if not facts.pushed.place or row is None or row.state != OK:
        return None
    seen = facts.pushed.seen.get(key)
    if seen is not None and seen.changed_run == row.changed_run:
        return PUSHED if seen.is_verified else UNVERIFIED
    return UNVERIFIED if key in facts.pushed.unread else NOT_PUSHED


def counts(cells: Iterable[DateState]) -> dict[str, int]:
    """Number of cells by state, in the order of `STATES`."""
    numbers = Counter(cell.state for cell in cells)
    return {state: numbers[state] for state in STATES if numbers[state]}
