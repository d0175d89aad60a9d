"""Run log: what a push tells the warehouse's own logs of runs and failures, in its transaction."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import TYPE_CHECKING, Any

import polars as pl

from nba_local.storage import queries
from nba_local.tables.calendar import Interval
from nba_local.tables.push_results import PushedFailure, PushedRun
from nba_local.tables.results import STATE_OK
from nba_local.warehouse import Append, Later, Part, Replacement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nba_local.storage.workspace import Workspace
    from nba_local.tables.table import Table
    from nba_local.warehouse import Change, Warehouse


def changes(
    work: Workspace,
    pushed: Mapping[str, Sequence[dt.date]],
    push_id: str,
    moment: dt.datetime,
    undone: str | None = None,
) -> list[Change]:
    """What the logs get: a row per table and date that is `pushed`, and the failures of the dates.

    Failures of a processor and date are replaced, runs are added. Nothing where the project has no
    logs. A season is computed as a whole, so that no date has a duration of its own.

    undone: The push that is rolled back; its dates have no failures of ours any more.
    """
    content = work.registry.log_rows
    tables = [work.registry.table(name) for name, dates in pushed.items() if dates]
    if content is None or not tables:
        return []
    of_runs, of_failures = (work.registry.logs[n] for n in (content.RUNS, content.FAILURES))
    runs = [run for t in tables for run in _runs(work, t, pushed[t.name], push_id, undone)]
    appended = Append(of_runs, _frame(of_runs, [content.run(run) for run in runs], moment))
    if undone:
        return [appended]
    part = Part(content.PROCESSOR, {t.processor: tuple(pushed[t.name]) for t in tables})
    dates = tuple(sorted({date for t in tables for date in pushed[t.name]}))
    wanted = {t.name: set(pushed[t.name]) for t in tables}
    height = sum(
        number
        for t in tables
        for date, number in queries.failures_by_date(work.ledger, t.name).items()
        if date in wanted[t.name]
    )

    def failures(days: Sequence[dt.date]) -> pl.DataFrame:
        found = (
            failure
            for t in tables
            for failure in _failures(work, t, sorted(wanted[t.name] & {*days}), push_id)
        )
        return _frame(of_failures, [content.failure(failure) for failure in found], moment)

    return [appended, Replacement(of_failures, dates, Later(height, failures), part)]


def restored(
    work: Workspace,
    warehouse: Warehouse,
    dates: Mapping[str, Sequence[dt.date]],
    as_of: dt.datetime,
) -> list[Change]:
    """The failures as they were at `as_of` on the dates of each processor, to be put back."""
    content = work.registry.log_rows
    if content is None:
        return []
    log = work.registry.logs[content.FAILURES]
    every = tuple(sorted({day for days in dates.values() for day in days}))
    within = Interval(every[0], every[-1] + dt.timedelta(days=1))
    there = warehouse.read(log, within, as_of)
    mine = pl.any_horizontal(
        (pl.col(content.PROCESSOR) == name) & pl.col(log.partition_by).is_in(list(days))
        for name, days in dates.items()
    )
    part = Part(content.PROCESSOR, {name: tuple(days) for name, days in dates.items()})
    return [Replacement(log, every, there.filter(mine), part)]


def _frame(log: Table, rows: Sequence[Mapping[str, Any]], moment: dt.datetime) -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema_overrides=log.contract.polars, infer_schema_length=None)
    if frame.is_empty():
        return pl.DataFrame(schema=log.contract.polars)
    return log.contract.conform(frame.with_columns(created_at=pl.lit(moment)), log.name)


def _run_id(push_id: str, table: Table, date: dt.date) -> str:
    return hashlib.sha256(f"{push_id} {table.name} {date}".encode()).hexdigest()[:12]


def _runs(
    work: Workspace, table: Table, dates: Sequence[dt.date], push_id: str, undone: str | None
) -> list[PushedRun]:
    wanted = set(dates)
    return [
        PushedRun(
            table.processor,
            _run_id(push_id, table, row.date),
            row.date,
            dt.datetime.fromisoformat(row.started_at or f"{row.date}T00:00:00+00:00"),
            row.rows,
            row.non_rows,
            row.warnings,
            row.parts.get("code"),
            row.parts.get("rules"),
            f"rolled back push {undone}" if undone else _skipped(row.state),
            is_undone=bool(undone),
        )
        for row in queries.logged_dates(work.ledger, table.name)
        if row.date in wanted
    ]


def _skipped(state: str) -> str | None:
    return None if state == STATE_OK else state


def _failures(
    work: Workspace, table: Table, dates: Sequence[dt.date], push_id: str
) -> list[PushedFailure]:
    run_ids = {date: _run_id(push_id, table, date) for date in dates}
    return [
        PushedFailure(
            table.processor,
            run_ids[row.date],
            row.date,
            row.entity,
            row.category,
            row.reason,
            row.can_retry,
        )
        for row in queries.logged_failures(work.ledger, table.name, dates)
    ]
