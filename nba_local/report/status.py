"""Status for people: what each table has of a season, in sums."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nba_local.explain import states as state
from nba_local.report.layout import wrapped
from nba_local.words import dates_in_words, spaced

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from nba_local.explain.status import SeasonStatus, TableStatus
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
        _others(report, features)
        _claims(report, season.tables)
        gaps: dict[tuple[str, tuple[dt.date, ...]], list[str]] = {}
        for table in season.tables:
            for name, dates in table.gaps.items():
                gaps.setdefault((spaced(name), dates), []).append(table.table)
        for (name, dates), tables in gaps.items():
            wrapped(report, f"gap: {', '.join(tables)} {name}: {dates_in_words(dates)}")
        if unchecked := [table.table for table in sources if not table.is_checked]:
            wrapped(report, f"not checked: {', '.join(unchecked)}")
            names = ",".join(unchecked)
            report.say(f"  nba-local check {season.season} --tables {names}{report.flags}")
    if lacking := [str(one.season) for one in seasons if any(t.gaps for t in one.tables)]:
        report.propose(f"next: nba-local coverage {' '.join(lacking)}{report.flags}")


def _of(table: TableStatus) -> str:
    return f"{table.present} of {table.due}"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"


def _others(report: Report, tables: Sequence[TableStatus]) -> None:
    """Dates that are neither simply published nor gaps, by state: how many of which tables."""
    usual = {state.OK, state.PUSHED, state.NOT_PUSHED, *state.GAPS}
    found: dict[str, dict[str, int]] = {}
    for table in tables:
        for name, number in table.states.items():
            if name not in usual:
                found.setdefault(spaced(name), {})[table.table] = number
    alike = {
        name: next(iter(numbers.values()))
        for name, numbers in found.items()
        if len(numbers) == len(tables) and len(set(numbers.values())) == 1
    }
    if alike:
        words = ", ".join(f"{number} {name}" for name, number in alike.items())
        wrapped(report, f"other dates of every table: {words}")
    for name, numbers in found.items():
        if name not in alike:
            wrapped(report, f"other dates, {name}: {_numbered(numbers)}")


def _claims(report: Report, tables: Sequence[TableStatus]) -> None:
    """Claims that do not hold, each once, with the dates of each table."""
    found: dict[str, dict[str, int]] = {}
    for table in tables:
        for claim, number in table.claims.items():
            found.setdefault(claim, {})[table.table] = number
    if found:
        report.say("claims that do not hold, and on how many dates:")
    for claim, numbers in found.items():
        wrapped(report, f"  {claim}: {_numbered(numbers)}", "    ")


def _numbered(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{table} {number:,}" for table, number in numbers.items())


def _pushed(table: TableStatus) -> str:
    """Dates in each target, of those with rows; the target is named where there are several."""
    pushed: Mapping[str, int] = table.pushed
    if len(pushed) == 1:
        return f"{next(iter(pushed.values()))} of {table.stored}"
    return ", ".join(f"{n} of {table.stored} in {url}" for url, n in pushed.items()) or "-"
