"""Columns for people: what is NULL all season or unlike itself, and how filled the rest is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nba_local.report.layout import wrapped
from nba_local.words import counted, dates_in_words

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from nba_local.explain.columns import Fill
    from nba_local.explain.coverage import Coverage
    from nba_local.report.terminal import Report
    from nba_local.tables.calendar import Season

MOST_SHOWN = 12
"""Unusual columns that are listed before `and n more`."""


def noted(report: Report, one: Coverage) -> None:
    """Columns of a season's sources that say nothing, all season or on a date asked for."""
    for table, columns in _by_table(one.states.silent).items():
        text = f"NULL all season: {table}: {', '.join(columns)}"
        wrapped(report, text, color="red")
    dates: dict[tuple[str, str], list[dt.date]] = {}
    details: dict[tuple[str, str], str] = {}
    for column in one.unusual:
        dates.setdefault((column.table, column.column), []).append(column.date)
        details.setdefault((column.table, column.column), column.detail)
    for (table, name), days in list(dates.items())[: report.most(MOST_SHOWN)]:
        text = f"unusual: {table}.{name}: {details[table, name]} ({dates_in_words(days)})"
        wrapped(report, text, color="yellow")
    if len(dates) > MOST_SHOWN and not report.is_verbose:
        report.say(f"  and {counted(len(dates) - MOST_SHOWN, 'column')} more: --json")


def filled(report: Report, fills: Sequence[Fill], seasons: Sequence[Season]) -> None:
    """Columns by season: those NULL everywhere, those of some seasons only, those partly filled."""
    for table, columns in _by_table(fill for fill in fills if fill.is_empty).items():
        wrapped(report, f"NULL in every season: {table}: {', '.join(columns)}", color="red")
    for title, chosen in (
        ("filled in some seasons only", [fill for fill in fills if fill.is_partial]),
        ("partly filled", [fill for fill in fills if _is_partly_filled(fill)]),
    ):
        report.say()
        report.say(f"{title}: {counted(len(chosen), 'column')}")
        if chosen:
            rows = ((f.table, f.column, *(_share(f, s) for s in seasons)) for f in chosen)
            report.table(
                ("table", "column", *map(str, seasons)), rows, spare=list(map(str, seasons[:-1]))
            )
    full = sum(all(share == 1 for share in fill.shares.values()) for fill in fills)
    report.say()
    report.say(f"without any NULL: {full:,} of {counted(len(fills), 'column')}")


def _is_partly_filled(fill: Fill) -> bool:
    shares = fill.shares.values()
    return all(shares) and not all(share == 1 for share in shares)


def _share(fill: Fill, season: Season) -> str:
    share = fill.shares.get(season)
    if share is None:
        return "-"
    if 0 < share < 1:  # never rounded to none or all
        return f"{min(99.9, max(0.1, 100 * share)):.1f} %"
    return f"{100 * share:.0f} %"


def _by_table(fills: Iterable[Fill]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for fill in fills:
        found.setdefault(fill.table, []).append(fill.column)
    return found
