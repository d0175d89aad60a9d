"""What is stored of each season, what is missing, and why: status, coverage and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nba_local.commands.project import Ranges
from nba_local.errors import UsageError
from nba_local.explain import states
from nba_local.explain.status import status as season_status
from nba_local.tables.calendar import parse_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nba_local.commands.project import Project
    from nba_local.explain.columns import Fill
    from nba_local.explain.coverage import Coverage
    from nba_local.explain.status import SeasonStatus
    from nba_local.explain.why import Why


def status(project: Project, ranges: Sequence[str]) -> tuple[SeasonStatus, ...]:
    """What each season has and lacks. Reads the ledger."""
    with project.reading() as work:
        seasons = Ranges.stored(work, ranges, "pulled").seasons
        known = states.known(work, seasons)
        return tuple(season_status(work, season, known) for season in seasons)


def coverage(project: Project, ranges: Sequence[str]) -> tuple[Coverage, ...]:
    """The states of all tables on the dates of `ranges`, season by season. Reads the ledger."""
    from nba_local.explain.coverage import covered

    with project.reading() as work:
        dates = Ranges.stored(work, ranges, "pulled")
        known = states.known(work, dates.seasons)
        return tuple(covered(work, s, dates.intervals, known) for s in dates.seasons)


def columns(project: Project, ranges: Sequence[str]) -> tuple[Fill, ...]:
    """How filled each column of each table is, by season. Reads the ledger, and published files."""
    from nba_local.explain.columns import fills

    with project.reading() as work:
        return fills(work, Ranges.stored(work, ranges, "pulled").seasons)


def why(project: Project, table: str, date: str, entity: str) -> Why:
    """The explanation of a date of a table, or of an entity on it."""
    from nba_local.explain import why as explanation

    span = parse_interval(date)
    if (span.end - span.start).days != 1:
        raise UsageError(f"`{date}` is not one date", hint="nba-local why TABLE 2021-11-15")
    if table not in project.registry.tables:
        raise UsageError.unknown("table", table, project.registry.tables)
    with project.reading() as work:
        return explanation.why(work, project.registry.table(table), span.start, entity)
