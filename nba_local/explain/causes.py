"""Causes: from a date that is not as it should be, link by link, to what has to be fixed.

A link leads to a table upstream, on the same date or an earlier one; the last one is the root.
`tracer` follows the links; these are the values.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nba_local.explain import states as state

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence

    from nba_local.explain.tracer import Tracer

NO_ROWS, LACKS, CLAIM, ISSUE = "no_rows", "lacks", "claim", "issue"
DROPPED, TOO_FEW, BELOW, UNKNOWN = "dropped", "too_few_games", "below_minimum", "unexplained"
"""Kinds of roots beside the states that are roots themselves."""

WRITE_TO = "write them to "
"""How the fix of rows that the warehouse lacks begins; the place follows."""

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
    return _largest_first(every)


def _largest_first(every: Iterable[Gap]) -> tuple[Gap, ...]:
    """What lacks rows before what is doubtful."""
    return tuple(
        sorted(every, key=lambda gap: (not gap.is_gap, -sum(map(len, gap.dates.values()))))
    )


def together(every: Sequence[Gap]) -> tuple[Gap, ...]:
    """The same gaps; what several tables share is one gap of all of them.

    The warehouse lacks the same rows in several tables where they are of the same entities, or
    all rows, on the same dates. A claim of several tables is one, whatever the dates.
    """
    alike: dict[tuple[object, ...], list[Gap]] = {}
    for gap in every:
        own = gap.dates.get(gap.cause.table)
        is_lost = gap.cause.kind in {NO_ROWS, LACKS}
        key = (*_kin(gap.cause), own if is_lost else None, gap.is_gap)
        alike.setdefault((id(gap),) if is_lost and not own else key, []).append(gap)
    return _largest_first(_one(gaps) for gaps in alike.values())


def doubts_of(gap: Gap, doubts: Sequence[Gap]) -> tuple[Gap, ...]:
    """Those of `doubts`, which lack no row, that have the cause of `gap`."""
    return tuple(
        doubt
        for doubt in doubts
        if doubt.cause == gap.cause
        or (_kin(doubt.cause) == _kin(gap.cause) and doubt.cause.table in gap.dates)
    )


def once(every: Iterable[Cause]) -> tuple[Cause, ...]:
    """Causes of one date, the first one first; what several tables share is one of all of them."""
    alike: dict[tuple[object, ...], list[Cause]] = {}
    for cause in every:
        alike.setdefault(_kin(cause), []).append(cause)
    return tuple(_joined(causes) for causes in alike.values())


def _kin(cause: Cause) -> tuple[object, ...]:
    """What causes of several tables have in common where they are one; else the cause alone."""
    if cause.kind in {NO_ROWS, LACKS}:
        return (cause.kind, cause.what)
    if cause.kind == CLAIM:
        return (cause.kind, cause.what, cause.text, cause.fix)
    return (cause,)


def _joined(causes: Sequence[Cause]) -> Cause:
    """Causes that are one, as one that names the tables of all."""
    first = causes[0]
    tables = list(dict.fromkeys(cause.table for cause in causes))
    if len(tables) == 1:
        return first
    if first.kind == CLAIM:
        return replace(first, text=f"{', '.join(tables)}: {first.text}")
    places = dict.fromkeys(cause.fix.removeprefix(WRITE_TO) for cause in causes)
    return replace(
        first,
        text=f"{first.text.removesuffix(first.table)}{', '.join(tables)}",
        fix=WRITE_TO + ", ".join(places),
    )


def _one(gaps: Sequence[Gap]) -> Gap:
    """Gaps of one cause as one, with the union of their dates."""
    dates: dict[str, tuple[dt.date, ...]] = {}
    for gap in gaps:
        for table, days in gap.dates.items():
            dates[table] = tuple(sorted({*dates.get(table, ()), *days}))
    return Gap(_joined([gap.cause for gap in gaps]), dates, gaps[0].is_gap)
