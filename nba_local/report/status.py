"""Status for people: what each table has of a season, in sums."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nba_local.explain import states as state
from nba_local.report.layout import wrapped
from nba_local.words import counted, dates_in_words, spaced

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nba_local.explain.coverage import SeasonStatus, TableStatus
    from nba_local.report.terminal import Report


def status(report: Report, seasons: Sequence[SeasonStatus]) -> None:
    """What each season has: dates pulled and published of those expected, gaps, pushes."""
    for season in seasons:
        report.say(f"season {season.season}")
        sources = [table for table in season.tables if table.is_source]
        features = [table for table in season.tables if not table.is_source]
        report.table(
            ("pulled", "dates", "rows", "first", "last"),
            ((t.table, _of(t), t.rows, t.first or "-", t.last or "-") for t in sources),
            spare=("first",),
        )
        report.say()
        report.table(
            ("published", "dates", "rows", "ready", "pushed"),
            ((t.table, _of(t), t.rows, _share(t.ready_rows, t.rows), _pushed(t)) for t in features),
        )
        for text, tables in _others(features).items():
            names = ", ".join(tables) if len(tables) == 1 else f"{len(tables)} tables"
            wrapped(report, f"other dates: {text} ({names})")
        for table in sources:
            if table.claims:
                broken = (f"{claim} {counted(n, 'date')}" for claim, n in table.claims.items())
                wrapped(report, f"claims broken: {table.table}: {', '.join(broken)}")
        for table in season.tables:
            for name, dates in table.gaps.items():
                wrapped(report, f"gap: {table.table} {spaced(name)}: {dates_in_words(dates)}")
        for table in features:
            for claim, number in table.claims.items():
                dates_ = counted(number, "date")
                wrapped(report, f"warn: {table.table}.{claim} does not hold on {dates_}")
        if unchecked := [table.table for table in sources if not table.is_checked]:
            wrapped(report, f"not checked: {', '.join(unchecked)}")
            names = ",".join(unchecked)
            report.say(f"  nba-local check {season.season} --tables {names}{report.flags}")


def _of(table: TableStatus) -> str:
    return f"{table.present} of {table.due}"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"


def _others(tables: Sequence[TableStatus]) -> dict[str, list[str]]:
    """Dates by state that are not simply published, and the tables that have so many of them."""
    usual = {state.OK, state.PUSHED, state.NOT_PUSHED}
    found: dict[str, list[str]] = {}
    for table in tables:
        counts = [f"{n} {spaced(name)}" for name, n in table.states.items() if name not in usual]
        if counts:
            found.setdefault(", ".join(counts), []).append(table.table)
    return found


def _pushed(table: TableStatus) -> str:
    """Dates in each target; the target is named where there are several."""
    pushed: Mapping[str, int] = table.pushed
    if len(pushed) == 1:
        return f"{next(iter(pushed.values()))} of {table.present}"
    return ", ".join(f"{n} of {table.present} in {url}" for url, n in pushed.items()) or "-"
