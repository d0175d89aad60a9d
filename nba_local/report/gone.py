"""What a pull did not take away, and what an undo brought back, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nba_local.tables.results import accepting, disappearance_in_words
from nba_local.words import dates_in_words

if TYPE_CHECKING:
    from nba_local.report.terminal import Report
    from nba_local.tables.results import PullResult, UndoResult


def held_back(report: Report, result: PullResult) -> None:
    """Seasons of tables that would have lost too much, and how to let the rows go."""
    if not result.held:
        return
    for gone in result.held:
        report.trouble(disappearance_in_words(gone))
    report.trouble(
        "nothing of these was replaced; if the rows are meant to go: "
        f"{accepting(result.held)}{report.folder}"
    )


def undone(report: Report, result: UndoResult) -> None:
    """What was brought back."""
    report.say(f"{result.undoes} is undone")
    for table, dates in result.dates.items():
        if dates:
            report.say(f"brought back: {table} {dates_in_words(dates)}")
    report.propose(f"next: nba-local plan{report.flags}; a pull would replace it again")
