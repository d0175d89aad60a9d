"""Pull: source tables as of one instant into monthly Parquet; only what changed is read again.

What is due is a date; dates in a row are read in one session, and a month is committed by itself,
so an interrupted pull goes on where it stopped. Copies, foreign codes and NULLs in REQUIRED columns
are kept and reported.
"""

from __future__ import annotations

import datetime as dt
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

import polars as pl

from nba_local import words as sizes
from nba_local.errors import UsageError
from nba_local.pull.bounds import read_bounds, stored_seasons
from nba_local.pull.guard import Limits, disappearance, lost_columns, require_sources
from nba_local.pull.months import (
    Job,
    PullRun,
    begin_month,
    end_month,
    in_order,
    keep_moved,
    report_undated,
)
from nba_local.pull.undo import Replaced
from nba_local.storage import queries
from nba_local.storage.ledger import CONTRACT
from nba_local.storage.queries import full_read_key
from nba_local.storage.source_rows import CELL_BYTES, SourceRows
from nba_local.tables.calendar import Interval, Season, month_interval, month_of
from nba_local.tables.fingerprint import of_file
from nba_local.tables.results import Disappearance, Progress, PullResult, TablePull, silent
from nba_local.warehouse import PartitionState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nba_local.pull.months import Month
    from nba_local.storage.ledger import Ledger
    from nba_local.storage.workspace import Workspace
    from nba_local.tables.table import Table
    from nba_local.warehouse import Warehouse

READ_ROWS = 100_000
"""Rows read at once at most, whatever the size of a table; a single month is never split."""

FULL_AFTER = dt.timedelta(days=7)
"""After this a season is read in full again, whatever the tokens say."""


PIECE_BYTES = 10_000_000
"""Bytes of one read session at most; a single date is never split. Bounds what is held twice."""


@dataclass(frozen=True, slots=True)
class PullOptions:
    """How a pull is done.

    full: Read all, moved or not. max_bytes: Read no more; None for any.
    limits: What a season of a table may lose.
    """

    full: bool = False
    max_bytes: int | None = None
    limits: Limits = field(default_factory=Limits)


def pull(  # noqa: PLR0913 - what is pulled, and how
    work: Workspace,
    warehouse: Warehouse,
    tables: Sequence[Table],
    seasons: Sequence[Season],
    *,
    options: PullOptions = PullOptions(),
    progress: Progress = silent,
    rows: SourceRows | None = None,
) -> PullResult:
    """Bring `tables` of `seasons` to the state the warehouse has now.

    Reads the warehouse, writes the data folder. A date that the warehouse no longer has is removed
    from raw and reported as gone; a season of a table that would lose more than a few is left as it
    is, and reported as held. Dates are read whose rows or token moved, and all of them now and
    then: on BigQuery a row that is deleted moves no token.

    rows: Is given the seasons that were read whole.

    Raises:
        UsageError: More bytes than `options` allow; nothing was read.
        ContractError: A table's columns or types do not fit its contract; finished months stay.
        WarehouseError: The warehouse refused or failed; the same holds.
    """
    as_of = warehouse.now()
    with work.ledger.run(
        "pull",
        None,
        warehouse=warehouse.url,
        as_of=as_of,
        tables=[t.name for t in tables],
        seasons=[str(s) for s in seasons],
    ) as run:
        require_sources(work, warehouse, tables, options.limits)
        drift = tuple(
            (d.table, d.column, d.contract, d.live) for t in tables for d in warehouse.drift(t)
        )
        undated = {table.name: warehouse.undated(table, as_of) for table in tables}
        bounds = read_bounds(work, warehouse, seasons, as_of)
        every = [
            _job(work, warehouse, table, season, as_of, options)
            for season in stored_seasons(work, bounds, seasons)
            for table in (tables if season in seasons else work.registry.sources)
        ]
        losing = ((job, lost_columns(work, warehouse, job, as_of)) for job in every)
        held = tuple(gone for job, lost in losing if (gone := _gone(job, lost, options)))
        kept = {(gone.table, gone.season) for gone in held}
        jobs = [job for job in every if (job.table.name, job.season) not in kept]
        me = PullRun(work, run.run_id, warehouse.url, as_of, Replaced(work, run.run_id))
        rows = rows or SourceRows(work.store)
        meter = _Meter(jobs, progress)
        _refuse_large(meter.total, options)
        results = []
        for job in jobs:
            keep_moved(job, me)
        arriving = _months(warehouse, jobs, as_of)
        for job in jobs:
            changed = _store(job, islice(arriving, len(job.due)), me, meter, rows)
            report_undated(job, undated[job.table.name], me)
            results.append(_result(job, changed, undated[job.table.name], me))
        result = PullResult(
            run.run_id, warehouse.url, as_of, tuple(results), drift, held, meter.total
        )
        run.result = {
            "tables": [
                {k: v for k, v in asdict(t).items() if k not in {"findings"}} for t in results
            ],
            "drift": len(drift),
            "held": [asdict(gone) for gone in held],
        }
        if held:
            run.status = "blocked"
        return result


def _store(
    job: Job,
    months: Iterator[tuple[str, pl.DataFrame]],
    run: PullRun,
    meter: _Meter,
    rows: SourceRows,
) -> list[dt.date]:
    """Store the months of a job, and list the dates that changed.

    A month is written while the next one is compared, and recorded when it is written.

    rows: Is given those of a season that is read whole, where there is room for them.
    """
    changed: list[dt.date] = []
    whole: list[pl.DataFrame] | None = [] if job.is_whole else None
    begun: deque[Month] = deque()
    with ThreadPoolExecutor(1) as writer:
        try:
            for month, frame in months:
                begun.append(begin_month(job, month, frame, run, writer))
                if whole is not None:
                    whole.append(frame)
                    whole = whole if rows.has_room(whole) else None
                del frame  # before the next one arrives
                if len(begun) > 1:
                    changed += end_month(job, begun.popleft(), run)
                meter.read(job, month)
        finally:
            while begun:  # what was written is recorded, whatever became of the next
                changed += end_month(job, begun.popleft(), run)
    if whole is not None:
        rows.keep(job.table, job.season, whole)
    return changed


def _gone(job: Job, columns: frozenset[str], options: PullOptions) -> Disappearance | None:
    """What a job would lose; not the dates that are of another season now."""
    moved = {day for day in job.known if day not in job.interval}
    return disappearance(job, options.limits, moved, columns)


def _job(  # noqa: PLR0913 - see pull
    work: Workspace,
    warehouse: Warehouse,
    table: Table,
    season: Season,
    as_of: dt.datetime,
    options: PullOptions,
) -> Job:
    interval = work.bounds.interval(season)
    remote = warehouse.partitions(table, interval, as_of)
    known = {
        d.date: PartitionState(d.rows, d.token if d.warehouse == warehouse.url else "")
        for d in queries.pulled_dates(work.ledger, table.name, season)
    }
    is_full = options.full or _is_long_ago(work.ledger, warehouse, table, season, as_of)
    damaged = _damaged(work, table, season)
    due: dict[str, set[dt.date]] = {month: set() for month in damaged}
    for date in remote.keys() | known.keys():
        month = month_of(date)
        moved = date not in remote or known.get(date) != remote[date]
        if moved or is_full or month in damaged:
            due.setdefault(month, set()).add(date)
    days = {month: frozenset(due[month]) for month in sorted(due)}
    return Job(table, season, interval, remote, known, days, is_full)


def _is_long_ago(
    ledger: Ledger, warehouse: Warehouse, table: Table, season: Season, as_of: dt.datetime
) -> bool:
    """Whether a season was last read in full longer than FULL_AFTER ago."""
    last = ledger.meta(full_read_key(table.name, season, warehouse.url))
    return last is not None and as_of - dt.datetime.fromisoformat(last) > FULL_AFTER


class _Meter:
    """How much of what is to be read was read, how fast, and how long it will still take."""

    def __init__(self, jobs: Sequence[Job], progress: Progress) -> None:
        self._progress, self._began = progress, time.monotonic()
        self._months, self._done = sum(len(job.due) for job in jobs), 0
        self._bytes, self._rows = 0, 0
        self.total = sum(job.bytes_of(month) for job in jobs for month in job.due)
        if self._months:
            progress(f"pull: {sizes.shown(self.total)} to read", 0, self._months)

    def read(self, job: Job, month: str) -> None:
        """A month was read and stored."""
        self._done += 1
        self._bytes += job.bytes_of(month)
        self._rows += job.rows_of(month)
        seconds = max(time.monotonic() - self._began, 1e-3)
        left = (self.total - self._bytes) / max(self._bytes / seconds, 1)
        self._progress(
            f"pull {job.table.name}, {self._rows:,} rows, {sizes.shown(self._bytes)}, "
            f"{sizes.shown(self._bytes / seconds)}/s, {left:.0f} s left",
            self._done,
            self._months,
        )


def _refuse_large(size: int, options: PullOptions) -> None:
    if options.max_bytes is not None and size > options.max_bytes:
        raise UsageError(
            f"the pull would read {sizes.shown(size)}, more than {sizes.shown(options.max_bytes)}; "
            "nothing was read",
            hint="pull fewer seasons or tables, or give a larger --max-bytes",
        )


def _damaged(work: Workspace, table: Table, season: Season) -> set[str]:
    """Months whose file is gone or is not the one that was written."""
    months = set()
    for month, sha256 in queries.raw_hashes(work.ledger, table.name, season.year, season.year):
        path = work.store.file("raw", table.name, season, month)
        if not path.is_file() or of_file(path) != sha256:
            months.add(month)
    return months


def _months(
    warehouse: Warehouse, jobs: Sequence[Job], as_of: dt.datetime
) -> Iterator[tuple[str, pl.DataFrame]]:
    """The months with due dates of each job, and the rows of those in order.

    Neighbors are read together.
    """
    groups = [(job, group) for job in jobs for group in _groups(job)]

    def read(job: Job, group: list[str]) -> dict[str, pl.DataFrame]:
        parts: dict[str, list[pl.DataFrame]] = {month: [] for month in group}
        for piece in _pieces({day for month in group for day in job.due[month]}, job):
            frame = warehouse.read(job.table, piece, as_of)
            for month in group:
                if inside := piece.intersect(month_interval(month)):
                    # sorted when cut: rows that are cut out of a sorted frame give other bytes
                    parts[month].append(in_order(job.table, _within(frame, job, inside, piece)))
        empty = pl.DataFrame(schema=job.table.contract.polars)
        return {month: pl.concat(of) if of else empty for month, of in parts.items()}

    with ThreadPoolExecutor(1) as ahead:  # the next months arrive while these are encoded
        coming = [ahead.submit(read, *first) for first in groups[:1]]
        for number, (_, group) in enumerate(groups, 1):
            frames = coming.pop().result()
            coming += [ahead.submit(read, *later) for later in groups[number : number + 1]]
            for month in group:
                yield month, frames.pop(month)


def _within(frame: pl.DataFrame, job: Job, inside: Interval, piece: Interval) -> pl.DataFrame:
    if inside == piece:
        return frame
    by = pl.col(job.table.partition_by)
    return frame.filter(by.is_between(inside.start, inside.end, closed="left"))


def _pieces(due: set[dt.date], job: Job) -> list[Interval]:
    """The due dates as intervals, one read session each.

    Dates follow each other where no other date of the warehouse lies between them.
    """
    pieces: list[Interval] = []
    size, is_open = 0, False
    for day in sorted(job.remote):
        if day not in due:
            is_open = False
            continue
        state, end = job.remote[day], day + dt.timedelta(days=1)
        own = state.bytes or state.rows * CELL_BYTES * len(job.table.contract.columns)
        if is_open and size + own <= PIECE_BYTES:
            pieces[-1] = Interval(pieces[-1].start, end)
            size += own
        else:
            pieces.append(Interval(day, end))
            size, is_open = own, True
    return pieces


def _groups(job: Job) -> Iterator[list[str]]:
    group: list[str] = []
    for month in job.due:
        size = sum(job.rows_of(m) for m in (*group, month))
        if group and (
            size > READ_ROWS or month_interval(group[-1]).end != month_interval(month).start
        ):
            yield group
            group = []
        group.append(month)
    if group:
        yield group


def _result(job: Job, changed: Sequence[dt.date], undated: int, run: PullRun) -> TablePull:
    """Sum up one season of a table; all its dates are now known to be as they were at `as_of`."""
    table, season, ledger = job.table.name, job.season, run.work.ledger
    key = full_read_key(table, season, run.warehouse)
    if job.is_full or ledger.meta(key) is None:
        ledger.put("meta", [{"key": key, "value": run.as_of.isoformat()}])
    queries.mark_checked(ledger, table, season, run.as_of)
    broken = [f for f in queries.findings(ledger, table, season) if f.severity == CONTRACT]
    return TablePull(
        table=table,
        season=season,
        rows=sum(state.rows for state in job.remote.values()),
        dates=len(job.remote),
        read_dates=sum(len(dates & job.remote.keys()) for dates in job.due.values()),
        changed=tuple(sorted(changed)),
        restated=tuple(d for d in sorted(changed) if d in job.known and d in job.remote),
        gone=tuple(sorted(d for d in job.known.keys() - job.remote.keys() if d in job.interval)),
        findings=tuple(broken),
        undated=undated,
    )
