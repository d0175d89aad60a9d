"""The demo in few words: what happened, a sentence or two for each stage; -v has all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nba_local.report.layout import wrapped
from nba_local.words import counted, dates_in_words, spaced

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from nba_local.explain.status import SeasonStatus
    from nba_local.report.terminal import Report
    from nba_local.tables.push_results import PushResult
    from nba_local.tables.results import BackfillResult, Finding, PullResult


def pulled(report: Report, result: PullResult) -> None:
    """How much was read, and what changed."""
    rows = sum(table.rows for table in result.tables)
    changed = [table for table in result.tables if table.restated]
    if not changed:
        report.say(f"{len(result.tables)} tables, {rows:,} rows in the data folder")
    for table in changed:
        report.say(f"restated: {table.table} {dates_in_words(table.restated)}")


def backfilled(report: Report, result: BackfillResult) -> None:
    """What was computed, table by table, and what was left alone."""
    report.table(
        ("computed", "rows", "dates rewritten", "no row, with a reason"),
        (
            (step.table, step.rows, len(step.changed), sum(step.non_rows.values()))
            for step in result.steps
        ),
    )
    for step in result.plan.steps:
        if not step.is_due:
            report.say(f"  {step.table.name}: left alone, nothing that it reads has changed")


def checked(report: Report, found: Sequence[Finding], features: set[str]) -> None:
    """Every claim about a source that does not hold, and how many of features follow from them."""
    dates: dict[tuple[str, str], list[dt.date]] = {}
    for finding in found:
        dates.setdefault((finding.table, finding.claim), []).append(finding.date)
    for (table, claim), days in dates.items():
        if table not in features:
            wrapped(report, f"  found: {table}.{claim}: {dates_in_words(days)}", "         ")
    followed = [key for key in dates if key[0] in features]
    if followed:
        number = len({day for key in followed for day in dates[key]})
        report.say(
            f"and what follows from them: {counted(len(followed), 'claim')} about feature tables "
            f"on {counted(number, 'date')}"
        )


def pushed(report: Report, result: PushResult) -> None:
    """How many rows went where, and that they were read back."""
    dates = sum(len(table.dates) for table in result.tables)
    rows = sum(table.rows for table in result.tables)
    wrapped(
        report,
        f"{counted(dates, 'date')} of tables, {rows:,} rows, one transaction; "
        f"read back and compared: {result.verified_rows:,} rows equal",
    )


def stands(report: Report, seasons: Sequence[SeasonStatus]) -> None:
    """How many dates are there, of how many, and which are not."""
    features = [t for season in seasons for t in season.tables if not t.is_source]
    due, present = sum(t.due for t in features), sum(t.present for t in features)
    there = sum(max(t.pushed.values(), default=0) for t in features)
    stored = sum(t.stored for t in features)
    report.say(
        f"published {stored} of {due} dates of tables, {present} of them complete; "
        f"pushed {there} of {stored}"
    )
    gaps: dict[tuple[str, tuple[dt.date, ...]], list[str]] = {}
    for table in features:
        for name, days in table.gaps.items():
            gaps.setdefault((spaced(name), days), []).append(table.table)
    for (name, days), tables in gaps.items():
        wrapped(report, f"gap: {', '.join(tables)}: {name}, {dates_in_words(days)}", "     ")
