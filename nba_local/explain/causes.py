"""Causes: from a date that is not as it should be, link by link, to what has to be fixed.

A link leads to a table upstream, on the same date or an earlier one; the last one is the root.
`tracer` follows the links; these are the values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nba_local.explain import states as state

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from nba_local.explain.tracer import Tracer

NO_ROWS, LACKS, CLAIM, ISSUE = "no_rows", "lacks", "claim", "issue"
DROPPED, TOO_FEW, BELOW, UNKNOWN = "dropped", "too_few_games", "below_minimum", "unexplained"
"""Kinds of roots beside the states that are roots themselves."""

MOST_NAMED = 6
"""Entities that a sentence names."""


@dataclass(frozen=True, slots=True)
class Link:
    """One step of an explanation: what is wrong there. entity: of whom; empty for the date."""

    table: str
    date: dt.date
    entity: str
    said: str


@dataclass(frozen=True, slots=True)
class Cause:
    """What has to be fixed. Equal causes are one, on however many dates.

    kind: What sort of trouble. table: Where. what: Who or what of it. text: As a clause.
    fix: What to do by hand first; empty where commands do. run: Commands to type then.
    """

    kind: str
    table: str
    what: str
    text: str
    fix: str = ""
    run: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trace:
    """Why something is as it is: the way to the root, and other causes of the same date."""

    links: tuple[Link, ...]
    cause: Cause
    also: tuple[Cause, ...] = ()

    def after(self, link: Link) -> Trace:
        """The same trace one step further away from its root."""
        return Trace((link, *self.links), self.cause, self.also)


@dataclass(frozen=True, slots=True)
class Gap:
    """A cause with the dates it spoils, by table. is_gap: rows lack; else they are doubtful."""

    cause: Cause
    dates: Mapping[str, tuple[dt.date, ...]]
    is_gap: bool


def gaps(tracer: Tracer, tables: Sequence[str], dates: Sequence[dt.date]) -> tuple[Gap, ...]:
    """The roots of all dates that are not as they should be, the one that spoils most first."""
    groups: dict[tuple[bool, Cause], dict[str, list[dt.date]]] = {}
    for table in tables:
        for date in dates:
            trace = tracer.root_of(table, date)
            if trace:
                is_gap = tracer.season.cells[table, date].state in state.GAPS
                groups.setdefault((is_gap, trace.cause), {}).setdefault(table, []).append(date)
    every = [
        Gap(cause, {name: tuple(days) for name, days in by_table.items()}, is_gap)
        for (is_gap, cause), by_table in groups.items()
    ]
    size = {id(gap): sum(map(len, gap.dates.values())) for gap in every}
    return tuple(sorted(every, key=lambda gap: (not gap.is_gap, -size[id(gap)])))
