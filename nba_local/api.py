"""From Python: a backfill with the options of production's processors, and what it left, as frames.

What only reads takes the same names as the command line: `data`, `rules`, `pipelines`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import polars as pl

from nba_local.commands import explain, road
from nba_local.commands.project import Project
from nba_local.compute import options as run_options
from nba_local.config import load_config
from nba_local.storage import quarantine as quarantined
from nba_local.tables.calendar import Season

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nba_local.explain.why import Why
    from nba_local.tables.results import BackfillResult

CELL = {
    "season": pl.String,
    "table": pl.String,
    "date": pl.Date,
    "state": pl.String,
    "detail": pl.String,
    "unit": pl.String,
    "expected": pl.Int64,
    "found": pl.Int64,
    "rows": pl.Int64,
    "ready_rows": pl.Int64,
    "pushed": pl.Boolean,
    "cause": pl.String,
    "fix": pl.String,
}
"""Columns of `coverage()`."""


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

    The rule set decides what becomes of rows that are not production ready, as on the command line;
    with `backfill_mode=False` they are dropped, as production drops them outside backfill mode.
    Which of the two, and through which option, is logged and kept with the run.

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
    if asked.backfill_mode is False:
        project = replace(project, rules=project.rules.enforced())
    day = options.get("analysis_date")
    wanted = ranges or ((day.isoformat(),) if isinstance(day, dt.date) else ())
    chosen = road.BackfillOptions(run_options=asked.recorded())
    return road.backfill(project, wanted, tables, options=chosen)


def coverage(
    *ranges: str,
    data: str | None = None,
    rules: str | None = None,
    pipelines: str | None = None,
) -> pl.DataFrame:
    """The state of every date of every table, one row per table and date, as `coverage` shows it.

    Columns: `season`, `table`, `date`, `state`, `detail`; `unit` (what is counted of a date),
    `expected` and `found`, NULL where nothing is; `rows` and `ready_rows` that are stored;
    `pushed`, NULL where nothing was; `cause` of a gap and its `fix`, NULL where there is none.
    Source tables come first; sorted by season, table in that order, and date. Reads the ledger.

    Args:
        ranges: Seasons, months, dates or ranges; all that is stored where none is given.
        data: The data folder.
        rules: The rule set.
        pipelines: The folder of the tables.

    Raises:
        NbaLocalError: As the command says it.
    """
    seasons = explain.coverage(_project(data, rules, pipelines), ranges)
    cells = [
        (str(one.season), *(getattr(cell, name) for name in CELL if hasattr(cell, name)))
        for one in seasons
        for table in one.tables
        for cell in one.of(table)
    ]
    roots = [
        (table, date, gap.cause.text, gap.cause.fix or None)
        for one in seasons
        for gap in one.gaps
        for table, dates in gap.dates.items()
        for date in dates
    ]
    root = {name: CELL[name] for name in ("table", "date", "cause", "fix")}
    states = {name: kind for name, kind in CELL.items() if name not in {"cause", "fix"}}
    return pl.DataFrame(cells, schema=states, orient="row").join(
        pl.DataFrame(roots, schema=root, orient="row"),
        on=["table", "date"],
        how="left",
        maintain_order="left",
    )


def why(  # noqa: PLR0913 - a keyword each
    table: str,
    date: str | dt.date,
    entity: str = "",
    *,
    data: str | None = None,
    rules: str | None = None,
    pipelines: str | None = None,
) -> Why:
    """The explanation of a date of a table, or of an entity on it; in a notebook, a table of it.

    Its `said` is what is so, in a sentence; `trace.links` lead to `trace.cause`, which has a
    `text`, a `fix` and commands to `run`; `trace` is None where all is as it should be. Reads the
    ledger and stored rows.

    Args:
        table: A table's name.
        date: `2021-11-15`, or a date.
        entity: Who of the table; the date as a whole where empty.
        data: The data folder.
        rules: The rule set.
        pipelines: The folder of the tables.

    Raises:
        UsageError: No such table or entity, or not one date.
    """
    return explain.why(_project(data, rules, pipelines), table, str(date), entity)


def quarantine(
    table: str,
    seasons: Sequence[str] = (),
    *,
    data: str | None = None,
    pipelines: str | None = None,
) -> pl.DataFrame:
    """Rows of a table that broke a claim, one row per row and claim; none where every claim holds.

    Columns: `claim`, `season`, and what each claim returns: the grain and its evidence, NULL where
    a claim does not return it. Sorted by season and claim. Reads the files of the quarantine.

    Args:
        table: A table's name.
        seasons: Seasons as `2021-22`; all of them where none is given.
        data: The data folder.
        pipelines: The folder of the tables.

    Raises:
        UsageError: No such table, or a malformed season.
        LedgerError: There is no such data folder.
    """
    project = _project(data, None, pipelines)
    name, wanted = project.registry.table(table).name, [Season.parse(text) for text in seasons]
    with project.reading(raw_only=True):
        return quarantined.rows(project.store, name, wanted)


def _project(data: str | None, rules: str | None, pipelines: str | None) -> Project:
    return Project.open(load_config({"data": data, "rules": rules, "pipelines": pipelines}))
