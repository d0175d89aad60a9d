"""A backfill from Python, with the options that production's processors take."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nba_local.commands import road
from nba_local.commands.project import Project
from nba_local.compute import options as run_options
from nba_local.config import load_config

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nba_local.tables.results import BackfillResult


def backfill(
    *ranges: str,
    data: str | None = None,
    rules: str | None = None,
    tables: Sequence[str] = (),
    settings: Sequence[str] = (),
    pipelines: str | None = None,
    **options: Any,
) -> BackfillResult:
    """Compute, check and publish what is due of `ranges`, as `nba-local backfill` does.

    Outside backfill mode rows that are not production ready are dropped, as production drops them;
    with `backfill_mode=True` the rule set decides. Which of the two, and through which option, is
    logged and kept with the run.

    Args:
        ranges: Seasons, months, dates or ranges; the season of `analysis_date` where none is given.
        data: The data folder.
        rules: The rule set.
        tables: Only these.
        settings: `TABLE.KEY=VALUE`, each.
        pipelines: The folder of the tables.
        options: Production's options, e.g. `backfill_mode=True`, `analysis_date=date(2021, 11, 5)`.

    Raises:
        ValueError: An option that does not exist, or is not of its sort; nothing was done.
        NbaLocalError: As the command says it.
    """
    asked = run_options.parse(options)
    flags = {"data": data, "rules": rules, "pipelines": pipelines}
    project = Project.open(load_config(flags), settings)
    if not asked.backfill_mode:
        project = replace(project, rules=project.rules.enforced())
    day = options.get("analysis_date")
    wanted = ranges or ((day.isoformat(),) if isinstance(day, dt.date) else ())
    chosen = road.BackfillOptions(run_options=asked.recorded())
    return road.backfill(project, wanted, tables, options=chosen)
