"""Coverage and why for people: a calendar of symbols, counts with denominators, causes."""

from __future__ import annotations

import calendar
import textwrap
from typing import TYPE_CHECKING

from nba_local.explain import causes
from nba_local.explain import states as state
from nba_local.explain.status import expected
from nba_local.report.columns import noted
from nba_local.report.layout import paints, screen_width, wrapped
from nba_local.tables.calendar import Season
from nba_local.words import counted, dates_in_words

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping, Sequence

    from nba_local.explain.causes import Cause, Gap, Trace
    from nba_local.explain.coverage import Coverage
    from nba_local.explain.why import Why
    from nba_local.report.terminal import Report

SYMBOLS = {
    state.OK: ("#", "green"),
    state.PUSHED: ("=", "green"),
    state.WARNED: ("!", "yellow"),
    state.INCOMPLETE: ("%", "magenta"),
    state.MISSING: ("M", "red"),
    state.QUARANTINED: ("Q", "red"),
    state.FAILED: ("F", "red"),
    state.NOT_PULLED: ("P", "red"),
    state.NOT_COMPUTED: ("C", "red"),
    state.STALE: ("s", "cyan"),
    state.NOT_PUSHED: (">", "cyan"),
    state.UNVERIFIED: ("?", "yellow"),
    state.BOOTSTRAP: ("b", "bright_black"),
    state.INSUFFICIENT: ("h", "bright_black"),
    state.OTHER_GAMES: ("x", "bright_black"),
    state.NO_GAMES: (".", "bright_black"),
    state.NOT_DUE: ("-", "bright_black"),
}
"""Symbol and color of every state; the symbol alone is enough."""

WORDS = {
    state.NO_GAMES: "without games",
    state.OTHER_GAMES: "with games of other sides",
    state.BOOTSTRAP: "bootstrap",
    state.INSUFFICIENT: "with too little history",
    state.NOT_DUE: "not over",
}
"""States of dates without rows that are as they should be, in words."""

SHORT = {
    state.MISSING: "missing",
    state.INCOMPLETE: "incomplete",
    state.NOT_PUSHED: "not pushed",
    state.UNVERIFIED: "unverified",
}
"""Names of states as heads of columns, where they are not the states themselves."""

NAME, DAYS, GAP = 28, 31, 1
MOST_CAUSES = 12
"""Causes that are listed before `and n more`."""


def covered(report: Report, found: Sequence[Coverage]) -> None:
    """The calendar of one season, counts of each, and what to do about the gaps."""
    width, paint = screen_width(report), paints(report)
    for number, one in enumerate(found):
        if number:
            report.say()
        games = sum(day.games for day in one.states.days if day.date in set(one.dates))
        report.say(f"{one.season}  {len(one.dates):,} dates, {games:,} games")
        noted(report, one)
        if len(found) == 1:
            _calendar(report, one, width, paint)
        _summary(report, one)
        _unchecked(report, one.season, one.states.unchecked)
        _outside(report, one)
        _gaps(report, one)
    _next(report, found)


def _calendar(report: Report, one: Coverage, width: int, paint: bool) -> None:
    months: dict[str, list[dt.date]] = {}
    for date in one.dates:
        months.setdefault(f"{date:%b %Y}", []).append(date)
    aside = max(1, (width - NAME - 1) // (DAYS + GAP))
    names = list(months)
    for start in range(0, len(names), aside):
        block = names[start : start + aside]
        report.say()
        report.say(" " * (NAME + 1) + (" " * GAP).join(n.ljust(DAYS) for n in block).rstrip())
        rulers = (_ruler(months[name][0]).ljust(DAYS) for name in block)
        report.say(" " * (NAME + 1) + (" " * GAP).join(rulers).rstrip())
        for table in one.tables:
            rows = (_symbols(one, table, months[name], paint=paint) for name in block)
            report.say(f"{table:<{NAME}} " + (" " * GAP).join(rows).rstrip())
    used = {cell.state for table in one.tables for cell in one.of(table)}
    legend = [f"{symbol} {name}" for name, (symbol, _) in SYMBOLS.items() if name in used]
    report.say()
    for line in textwrap.wrap("   ".join(item.replace(" ", "\0") for item in legend), width):
        report.say(line.replace("\0", " "))


def _ruler(date: dt.date) -> str:
    """The days of its month by their last digit."""
    _, days = calendar.monthrange(date.year, date.month)
    return "".join(str(day % 10) for day in range(1, days + 1))


def _symbols(one: Coverage, table: str, dates: Sequence[dt.date], *, paint: bool) -> str:
    """A month of a table, day by day; blanks where the season has no date."""
    from typer import style

    by_day = {date.day: one.states.cells[table, date].state for date in dates}

    def shown(day: int) -> str:
        if day not in by_day:
            return " "
        symbol, color = SYMBOLS[by_day[day]]
        return style(symbol, fg=color) if paint else symbol

    return "".join(map(shown, range(1, DAYS + 1)))


def _summary(report: Report, one: Coverage) -> None:
    """Dates that have all their rows, of those that should have some."""
    report.say()
    counts = {table: state.counts(one.of(table)) for table in one.tables}
    fine = {state.OK, state.PUSHED, *state.EMPTY_AS_IT_SHOULD}
    shown = [
        name
        for name in state.STATES
        if name not in fine and any(name in c for c in counts.values())
    ]
    rows = []
    for table in one.tables:
        due, present = expected(one.of(table))
        stored = sum(cell.rows for cell in one.of(table))
        numbers = (counts[table].get(name, 0) for name in shown)
        rows.append((table, f"{present} of {due}", stored, *numbers))
    heads = [SHORT.get(name, _word(name)) for name in shown]
    report.table(("table", "dates", "rows", *heads), rows, spare=("rows", *reversed(heads)))
    empty: dict[str, list[str]] = {}
    for table in one.tables:
        has = counts[table]
        told = ", ".join(f"{has[name]} {word}" for name, word in WORDS.items() if name in has)
        empty.setdefault(told, []).append(table)
    for told, tables in empty.items():
        if told:
            names = "all tables" if len(tables) == len(one.tables) else _named(one, tables)
            wrapped(report, f"no rows expected: {told} ({names})")


def _outside(report: Report, one: Coverage) -> None:
    """Claims that do not hold on dates on which the season has no game at all."""
    for (table, claim), dates in one.states.outside.items():
        told = one.states.claims.get((table, claim), "")
        wrapped(report, f"outside of the season's dates: {table}.{claim}: {told}")
        wrapped(report, f"  {dates_in_words(dates)}")


def _named(one: Coverage, tables: Sequence[str]) -> str:
    return ", ".join(tables) if len(tables) < len(one.tables) / 3 else f"{len(tables)} tables"


def _word(name: str) -> str:
    return name.replace("_", " ")


def _gaps(report: Report, one: Coverage) -> None:
    """Causes, each once with all it spoils: those of missing rows first, then those of doubts."""
    every = causes.together(one.gaps)
    doubts = [gap for gap in every if not gap.is_gap]
    lacking = [(gap, causes.doubts_of(gap, doubts)) for gap in every if gap.is_gap]
    told = {id(doubt) for _, same in lacking for doubt in same}
    _causes(report, "gaps, by cause", lacking)
    by_hand = {gap.cause.run: gap.cause for gap, _ in lacking if gap.cause.fix and gap.cause.run}
    for cause in by_hand.values():
        report.say()
        report.say("then:")
        _typed(report, cause, "  ")
    rest = [(gap, (gap,)) for gap in doubts if id(gap) not in told]
    _causes(report, "doubtful or not pushed, by cause", rest)


def _causes(report: Report, title: str, found: Sequence[tuple[Gap, Sequence[Gap]]]) -> None:
    """Causes of one sort, each with the doubts that it leaves."""
    if not found:
        return
    cells = sum(len(dates) for gap, _ in found for dates in gap.dates.values())
    report.say()
    report.say(f"{title}: {cells:,} dates of tables, {counted(len(found), 'cause')}")
    shown = found[: report.most(MOST_CAUSES)]
    for number, (gap, doubts) in enumerate(shown, 1):
        wrapped(report, f"{number:>2}. {where(gap.cause)}", "    ")
        if gap.is_gap:
            for dates, tables in _alike(gap.dates):
                wrapped(report, f"    {', '.join(tables)}: {dates_in_words(dates)}", "      ")
        for doubt in doubts:
            numbers = (f"{table} {len(dates):,}" for table, dates in doubt.dates.items())
            word = "doubtful or not pushed, " if gap.is_gap else ""
            wrapped(report, f"    {word}dates: {', '.join(numbers)}", "      ")
        if gap.is_gap:
            _fix(report, gap.cause)
    if len(found) > len(shown):
        report.say(f"  and {len(found) - len(shown)} more causes: --json")


def _fix(report: Report, cause: Cause) -> None:
    if cause.fix:
        wrapped(report, f"    fix: {cause.fix}", "      ")
    else:
        report.say("    fix:")
        _typed(report, cause, "      ")


def _typed(report: Report, cause: Cause, indent: str) -> None:
    """The commands of a cause with the flags of this call, a line each: they are to be copied."""
    for command in commands_of(cause, report.folder, report.flags):
        report.say(f"{indent}{command}")


def commands_of(cause: Cause, folder: str, flags: str) -> list[str]:
    """The commands that fix a cause, naming the same folder; pull and sql know no rules."""
    bare = ("nba-local pull ", "nba-local sql ")
    return [f"{run}{folder if run.startswith(bare) else flags}" for run in cause.run]


def where(cause: Cause) -> str:
    """The text of a cause, and its table where the text does not name it."""
    named = cause.table in cause.text or not cause.table
    return cause.text if named else f"{cause.table}: {cause.text}"


def _alike(
    dates: Mapping[str, tuple[dt.date, ...]],
) -> Iterator[tuple[Sequence[dt.date], list[str]]]:
    """Tables with the same dates together."""
    by_dates: dict[tuple[dt.date, ...], list[str]] = {}
    for table, days in dates.items():
        by_dates.setdefault(days, []).append(table)
    yield from by_dates.items()


def _next(report: Report, found: Sequence[Coverage]) -> None:
    for one in found:
        for gap in one.gaps:
            table = list(gap.dates)[-1]
            report.propose("")
            report.propose(f"next: nba-local why {table} {gap.dates[table][0]}{report.flags}")
            return
    report.say()
    report.say("nothing is missing")


def explained(report: Report, found: Why) -> None:
    """A date, or an entity on it: what is so, and why, down to the root."""
    cell = found.cell
    who = f" {found.entity}" if found.entity else ""
    wrapped(report, f"{cell.table} {cell.date}{who}: {found.said}", "  ")
    if found.trace is not None:
        _traced(report, found, found.trace)
    for text in found.columns:
        wrapped(report, f"see also: {text}")
    _unchecked(report, Season.of(cell.date), found.unchecked)


def _traced(report: Report, found: Why, trace: Trace) -> None:
    cell = found.cell
    for number, link in enumerate(trace.links):
        if not number:
            same = (link.table, link.date) == (cell.table, cell.date)
            if same and (found.entity or link.said in found.said):
                continue
        who = f" {link.entity}" if link.entity else ""
        place = "" if link.said.startswith("the pull") else f"{link.table} {link.date}{who}: "
        wrapped(report, f"  because {place}{link.said}", "    ")
    cause, *others = causes.once((trace.cause, *trace.also))
    wrapped(report, f"cause: {where(cause)}", "  ")
    then = ", then:" if cause.fix and cause.run else ""
    wrapped(report, f"fix: {cause.fix}{then}".rstrip(), "  ")
    _typed(report, cause, "  ")
    for other in others[: report.most(MOST_CAUSES)]:
        wrapped(report, f"also: {where(other)}", "  ")


def _unchecked(report: Report, season: Season, tables: Sequence[str]) -> None:
    """Source tables whose claims did not run: what they would find is not among the causes."""
    if tables:
        wrapped(report, f"not checked, so a cause may be hidden: {', '.join(tables)}")
        report.say(f"  nba-local check {season} --tables {','.join(tables)}{report.flags}")
