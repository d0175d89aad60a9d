"""What a pull may take away, and how it is undone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nba_local.compute import sources
from nba_local.errors import UsageError
from nba_local.pull.guard import ALL, Limits
from nba_local.pull.undo import undo
from nba_local.tables.results import silent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nba_local.commands.project import Project
    from nba_local.tables.results import Progress, UndoResult


def pull_undo(project: Project, progress: Progress = silent) -> UndoResult:
    """Bring back what the newest pull replaced, and run the claims of the sources again."""
    project.require_ledger()
    with project.writing("pull") as work:
        undone = undo(work)
        sources.check_sources(work, undone.seasons, undone.run_id, progress)
        return undone


def pull_limits(project: Project, accepted: Sequence[str] = ()) -> Limits:
    """What a season of a table may lose in a pull, as configured.

    accepted: Tables that may lose anything, or `all`.

    Raises:
        UsageError: A limit is not a number, or a name is no source table.
    """
    config, usual = project.config, Limits()
    given = {
        "pull_gone_dates": (config.pull_gone_dates, r"\d{1,9}", "a whole number, 0 or more"),
        "pull_gone_percent": (
            config.pull_gone_percent,
            r"\d{1,9}(\.\d{1,9})?",
            "a percentage like 2.5",
        ),
    }
    for name, (value, form, kind) in given.items():
        if value is not None and not re.fullmatch(form, value, re.ASCII):
            raise UsageError(f"{name} is `{value}`, not {kind}")
    project.registry.select([name for name in accepted if name != ALL], project.registry.sources)
    return Limits(
        dates=int(config.pull_gone_dates or usual.dates),
        percent=float(config.pull_gone_percent or usual.percent),
        accepted=frozenset(accepted),
    )
