"""Coverage and why as one call each: what is there of which season, and what is not, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nba_local.commands import road as commands
from nba_local.errors import UsageError
from nba_local.explain import states
from nba_local.explain import why as asking
from nba_local.explain.coverage import covered
from nba_local.tables.calendar import parse_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nba_local.commands.road import Setup
    from nba_local.explain.coverage import Coverage
    from nba_local.explain.why import Why


def coverage(setup: Setup, ranges: Sequence[str]) -> tuple[Coverage, ...]:
    """The states of all tables on the dates of `ranges`, season by season. Reads the ledger."""
    with commands.reading(setup) as work:
        wanted, seasons = commands.asked(work, ranges)
        steps = states.planned(work, seasons)
        return tuple(covered(work, s, wanted, steps.get(s, {})) for s in seasons)


def why(setup: Setup, table: str, date: str, entity: str) -> Why:
    """The explanation of a date of a table, or of a player or team on it."""
    span = parse_interval(date)
    if (span.end - span.start).days != 1:
        raise UsageError(f"`{date}` is not one date", hint="nba-local why TABLE 2021-11-15")
    if table not in setup.registry.tables:
        raise UsageError.unknown("table", table, setup.registry.tables)
    with commands.reading(setup) as work:
        return asking.why(work, setup.registry.table(table), span.start, entity)
