"""What a pull did not take away, and what an undo brought back, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nba_local.words import dates_in_words

if TYPE_CHECKING:
    from nba_local.report.terminal import Report
    from nba_local.tables.results import PullResult, UndoResult


def held_back(report: Report, result: PullResult) -> None:
    """Seasons of tables that would have lost too much, and how to let the rows go."""
    if not result.held:
        return
    for gone in result.held:
        lost = f"{gone.rows:,} of {gone.of_rows:,} rows"
        if gone.dates:
            lost += f", {len(gone.dates)} of {gone.of_dates} dates ({dates_in_words(gone.dates)})"
        report.say(f"kept as it was: {gone.table} {gone.season}: gone from the warehouse: {lost}")
    tables = ",".join(sorted({gone.table for gone in result.held}))
    seasons = " ".join(f"--season {s}" for s in sorted({str(g.season) for g in result.held}))
    report.say(
        "nothing of these was replaced; if the rows are meant to go: "
        f"nba-local pull {seasons} --accept-gone {tables}{report.folder}"
    )


def undone(report: Report, result: UndoResult) -> None:
    """What was brought back."""
    report.say(f"{result.undoes} is undone")
    for table, dates in result.dates.items():
        if dates:
            report.say(f"brought back: {table} {dates_in_words(dates)}")
    report.say(f"next: nba-local plan{report.flags}; a pull would replace it again")
