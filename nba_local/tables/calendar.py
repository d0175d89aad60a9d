"""Seasons and half-open date intervals.

A partition is one date of one table. Inside the engine every interval is half-open, `[start, end)`;
inclusive ends exist only in what a person types.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nba_local.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SEASON_STARTS = 10
"""Where nothing says otherwise, a season's dates run from 1 October to 30 September."""

YEARS = range(1900, 2200)
"""Years that a date may lie in; others are typing errors."""

_ERA = f"{YEARS.start} to {YEARS.stop - 1}"
SEASON = re.compile(r"(\d{4})-(\d{2})")
"""How a season is written."""
_HINT = "write a season as 2021-22, a date as 2021-11-15, a range as 2021-11-15..2021-11-30"
MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
"""How a month is written; where it could be a season (2011-12), it is one."""


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """Dates `start <= d < end`."""

    start: dt.date
    end: dt.date

    def __post_init__(self) -> None:
        """Refuse an interval that ends before it starts."""
        if self.end < self.start:
            raise UsageError(f"the range ends before it starts: {self}", hint=_HINT)

    def __contains__(self, day: dt.date) -> bool:
        return self.start <= day < self.end

    def __str__(self) -> str:
        last = self.end - dt.timedelta(days=1)
        return f"{self.start}" if last == self.start else f"{self.start}..{last}"

    def intersect(self, other: Interval) -> Interval | None:
        """Dates in both, or None where there are none."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Interval(start, end) if start < end else None


@dataclass(frozen=True, slots=True, order=True)
class Season:
    """A season named by the year it starts in: `Season(2021)` is 2021-22."""

    year: int

    @property
    def interval(self) -> Interval:
        """All dates of the season where nothing says otherwise, see `Bounds`."""
        return Interval(
            dt.date(self.year, SEASON_STARTS, 1), dt.date(self.year + 1, SEASON_STARTS, 1)
        )

    def __str__(self) -> str:
        return f"{self.year}-{(self.year + 1) % 100:02d}"

    @classmethod
    def of(cls, day: dt.date) -> Season:
        """The season that `day` belongs to where nothing says otherwise, see `Bounds`."""
        return cls(day.year if day.month >= SEASON_STARTS else day.year - 1)

    @classmethod
    def parse(cls, text: str) -> Season:
        """Season from `2021-22`.

        Raises:
            UsageError: Not of that form, or the two years do not follow each other.
        """
        match = SEASON.fullmatch(text.strip())
        if match is None:
            raise UsageError(f"`{text}` is not a season", hint=_HINT)
        year = int(match[1])
        if year not in YEARS:
            raise UsageError(f"`{text}` is not a season of {_ERA}", hint=_HINT)
        if (year + 1) % 100 != int(match[2]):
            raise UsageError(
                f"`{text}` is not a season; did you mean `{Season(year)}`?", hint=_HINT
            )
        return cls(year)


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where seasons begin and end: every date belongs to one season.

    starts: First dates by year, where they are not 1 October; each is the first of a month, as a
        stored file holds a month of one season. last: The last event of a season, where known.
    """

    starts: Mapping[int, dt.date] = field(default_factory=dict)
    last: Mapping[int, dt.date] = field(default_factory=dict)

    def start(self, year: int) -> dt.date:
        """The first date of the season that is named by `year`."""
        return self.starts.get(year) or Season(year).interval.start

    def interval(self, season: Season) -> Interval:
        """All dates that belong to `season`."""
        return Interval(self.start(season.year), self.start(season.year + 1))

    def of(self, day: dt.date) -> Season:
        """The season that `day` belongs to."""
        usual = Season.of(day).year
        near = (Season(year) for year in (usual - 1, usual, usual + 1))
        return next(season for season in near if day in self.interval(season))

    def seasons_of(self, interval: Interval) -> tuple[Season, ...]:
        """The seasons that `interval` touches, oldest first."""
        last = self.of(interval.end - dt.timedelta(days=1)).year
        return tuple(Season(year) for year in range(self.of(interval.start).year, last + 1))

    def until(self, season: Season, today: dt.date) -> dt.date:
        """The present date while `season` is under way; once it is over, the end of its dates.

        A season that is over does not depend on the present date.
        """
        interval = self.interval(season)
        is_over = today > self.last.get(season.year, interval.end)
        return interval.end if is_over else min(today, interval.end)


def parse_interval(text: str, bounds: Bounds = Bounds()) -> Interval:
    """Interval from `2021-22`, `2021-11`, `2021-11-15` or, inclusive, `2021-11-15..2021-11-30`.

    bounds: Which dates a season has.

    Raises:
        UsageError: None of these.
    """
    text = text.strip()
    if text.isdecimal() and text.isascii() and len(text) == len("2021"):
        near = Season(int(text))
        raise UsageError(f"`{text}` is not a season; did you mean `{near}`?", hint=_HINT)
    if match := SEASON.fullmatch(text):
        is_season = (int(match[1]) + 1) % 100 == int(match[2])
        if MONTH.fullmatch(text) and int(match[1]) in YEARS and not is_season:
            return month_interval(text)
        return bounds.interval(Season.parse(text))
    first, dots, last = text.partition("..")
    try:
        start = dt.date.fromisoformat(first)
        end = (dt.date.fromisoformat(last) if dots else start) + dt.timedelta(days=1)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"`{text}` is not a season, date or range", hint=_HINT) from error
    if start.year not in YEARS or end.year not in YEARS:
        raise UsageError(f"`{text}` is not a date of {_ERA}", hint=_HINT)
    return Interval(start, end)


def seasons_of(interval: Interval) -> tuple[Season, ...]:
    """The seasons that `interval` touches where nothing says otherwise, oldest first."""
    return Bounds().seasons_of(interval)


def by_season(dates: Iterable[dt.date]) -> list[tuple[Season, list[dt.date]]]:
    """Dates by season, so that no more than one season is held at a time."""
    dates_of: dict[Season, list[dt.date]] = {}
    for day in sorted(dates):
        dates_of.setdefault(Season.of(day), []).append(day)
    return list(dates_of.items())


def month_of(day: dt.date) -> str:
    """The month of a date as `2021-11`, the unit of a stored file."""
    return f"{day:%Y-%m}"


def month_interval(month: str) -> Interval:
    """The dates of a month given as `2021-11`."""
    start = dt.date.fromisoformat(f"{month}-01")
    return Interval(start, (start + dt.timedelta(days=32)).replace(day=1))
