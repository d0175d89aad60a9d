"""Bounds of seasons: which dates belong to which, by the schedule of the content.

A season begins with the month that divides the games of two seasons best; where several do, with
the one nearest to October. A few games with another season do not move it.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from nba_local.storage import queries
from nba_local.storage.queries import keep_bounds
from nba_local.tables.calendar import Bounds, Interval, Season
from nba_local.tables.fingerprint import of_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nba_local.storage.workspace import Workspace
    from nba_local.tables.table import Table
    from nba_local.warehouse import Warehouse

    type Games = Mapping[int, Mapping[dt.date, int]]

CANDIDATES = [(0, month) for month in range(4, 13)] + [(1, month) for month in (1, 2, 3)]
"""Months that a season may begin with: April to March of the next year."""

_MARK = "season bounds are of"
"""Under which name the ledger keeps what of the schedule the bounds were made of."""

TOLERATED = 0.1
"""Share of the games between two candidates that may say otherwise where the season is moved."""


def schedule_of(work: Workspace) -> Table | None:
    """The table that says which season a game belongs to; None where the content names none."""
    name = getattr(work.registry.calendar, "SCHEDULE", None)
    return work.registry.tables.get(name) if name else None


def read_bounds(
    work: Workspace, warehouse: Warehouse, seasons: Sequence[Season], as_of: dt.datetime
) -> Bounds:
    """Where `seasons` begin and end as the schedule has it now; others as they are recorded."""
    calendar: Any = work.registry.calendar
    schedule, known = schedule_of(work), work.bounds
    if schedule is None or not seasons:
        return known
    first, last = min(seasons).year, max(seasons).year
    within = Interval(dt.date(first, 1, 1), dt.date(last + 2, 7, 1))
    states = warehouse.partitions(schedule, within, as_of)
    mark = of_value(
        [warehouse.url, str(within), [(str(d), s.rows, s.token) for d, s in states.items()]]
    )
    if not states or work.ledger.meta(_MARK) == mark:
        return known
    span = Interval(min(states), max(states) + dt.timedelta(days=1))
    rows = warehouse.read(schedule, span, as_of, calendar.SEASON_COLUMNS)
    games: dict[int, dict[dt.date, int]] = {}
    counts = calendar.season_games(rows.lazy()).group_by("season", "date").len().collect()
    for year, date, number in counts.iter_rows():
        games.setdefault(year, {})[date] = number
    bounds = divided(known, games, range(first, last + 2))
    with work.ledger.transaction():
        keep_bounds(work.ledger, bounds)
        work.ledger.put("meta", [{"key": _MARK, "value": mark}])
    return bounds


def divided(known: Bounds, games: Games, years: Iterable[int]) -> Bounds:
    """`known` with the seasons of `years` by their games; those without games stay as they are."""
    starts, last = dict(known.starts), dict(known.last)
    for year in years:
        before, after = games.get(year - 1, {}), games.get(year, {})
        if before or after:
            starts[year] = _start(before, after, year)
    usual = {year: Bounds().start(year) for year in starts}
    bounds = Bounds({year: day for year, day in starts.items() if day != usual[year]}, last)
    for year in years:
        inside = bounds.interval(Season(year))
        if dates := [date for date in games.get(year, {}) if date in inside]:
            last[year] = max(dates)
    return bounds


def stored_seasons(work: Workspace, bounds: Bounds, seasons: Sequence[Season]) -> list[Season]:
    """`seasons`, and the stored ones that have to give dates to another season or to take some."""
    spans = {Season(year): span for year, span in queries.pulled_spans(work.ledger).items()}
    more: set[Season] = set()
    for season, span in spans.items():
        own = bounds.interval(season)
        if span.start < own.start or span.end > own.end:
            strangers = queries.dates_outside(work.ledger, season.year, own)
            more |= {season, *map(bounds.of, strangers)} & {*spans, *seasons}
    return sorted({*seasons, *more})


def _start(before: Mapping[dt.date, int], after: Mapping[dt.date, int], year: int) -> dt.date:
    """The first date of the season `year`, by its games and those of the season before."""
    usual = Bounds().start(year)

    def cost(start: dt.date) -> int:
        return sum(n for date, n in before.items() if date >= start) + sum(
            n for date, n in after.items() if date < start
        )

    months = [dt.date(year + later, month, 1) for later, month in CANDIDATES]
    best = min(months, key=lambda start: (cost(start), abs(start - usual)))
    span = Interval(*sorted((best, usual)))
    between = sum(n for games in (before, after) for date, n in games.items() if date in span)
    is_clear = cost(best) < cost(usual) and cost(best) <= TOLERATED * between
    return best if is_clear else usual
