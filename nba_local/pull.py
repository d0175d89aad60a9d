"""Pull: source tables as of one instant into monthly Parquet; only what changed is read again.

Every month is committed by itself, so an interrupted pull goes on where it stopped. Copies, foreign
codes and NULLs in REQUIRED columns are kept and reported.
"""

from __future__ import annotations

import datetime as dt
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import polars as pl

from nba_local import sizes
from nba_local.errors import UsageError
from nba_local.fingerprint import of_file
from nba_local.ledger import CONTRACT, file_row, finding_of, finding_row
from nba_local.partition import Interval, Season, month_interval, month_of
from nba_local.step import Finding, Progress, PullResult, TablePull, silent
from nba_local.store import changed_dates

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from nba_local.ledger import Ledger
    from nba_local.step import StoredFile
    from nba_local.table import Table
    from nba_local.warehouse import PartitionState, Warehouse
    from nba_local.workspace import Workspace

READ_ROWS = 100_000
"""Rows read at once at most, whatever the size of a table; a single month is never split."""


FULL_AFTER = dt.timedelta(days=7)
"""After this a season is read in full again, whatever the tokens say."""


PIECE_ROWS = 12_000
"""Rows of one read session of a group that is larger."""


@dataclass(frozen=True, slots=True)
class How:
    """How a pull is done. full: Read all, moved or not. max_bytes: Read no more; None for any."""

    full: bool = False
    max_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class _Run:
    """The pull under way."""

    work: Workspace
    run_id: str
    warehouse: str
    as_of: dt.datetime


@dataclass(frozen=True, slots=True)
class _Job:
    """One season of one table: what the warehouse has against what was pulled before."""

    table: Table
    season: Season
    remote: Mapping[dt.date, PartitionState]
    known: Mapping[dt.date, str]
    months: tuple[str, ...]
    is_full: bool

    def bytes_of(self, month: str) -> int:
        """What reading a month takes."""
        return sum(s.bytes for day, s in self.remote.items() if month_of(day) == month)


def pull(  # noqa: PLR0913 - what is pulled, and how
    work: Workspace,
    warehouse: Warehouse,
    tables: Sequence[Table],
    seasons: Sequence[Season],
    *,
    how: How = How(),
    progress: Progress = silent,
) -> PullResult:
    """Bring `tables` of `seasons` to the state the warehouse has now.

    Reads the warehouse, writes the data folder. A date that the warehouse no longer has is removed
    from raw and reported as gone. Months are read where a date's rows or token moved, and all of
    them now and then: on BigQuery a row that is deleted moves no token.

    Raises:
        UsageError: More bytes than `how` allows; nothing was read.
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
        drift = tuple(
            (d.table, d.column, d.contract, d.live) for t in tables for d in warehouse.drift(t)
        )
        jobs = [
            _job(work, warehouse, table, season, as_of, how)
            for season in seasons
            for table in tables
        ]
        me = _Run(work, run.run_id, warehouse.url, as_of)
        meter = _Meter(jobs, progress)
        _refuse_large(meter.total, how)
        results = []
        for job in jobs:
            changed: list[dt.date] = []
            for month, frame in _months(warehouse, job, as_of):
                changed += _store_month(job, month, frame, me)
                del frame  # before the next one arrives
                meter.read(job, month)
            results.append(_result(job, changed, me))
        result = PullResult(run.run_id, warehouse.url, as_of, tuple(results), drift, meter.total)
        run.result = {
            "tables": [
                {k: v for k, v in asdict(t).items() if k not in {"findings"}} for t in results
            ],
            "drift": len(drift),
        }
        return result


def _job(  # noqa: PLR0913 - see pull
    work: Workspace,
    warehouse: Warehouse,
    table: Table,
    season: Season,
    as_of: dt.datetime,
    how: How,
) -> _Job:
    remote = warehouse.partitions(table, season.interval, as_of)
    stored = work.ledger.rows(
        "SELECT date, token, warehouse FROM raw_partitions WHERE table_name = ? AND season = ?",
        (table.name, season.year),
    )
    known = {
        dt.date.fromisoformat(r["date"]): r["token"] if r["warehouse"] == warehouse.url else ""
        for r in stored
    }
    due = {
        month_of(date)
        for date in remote.keys() | known.keys()
        if date not in remote or known.get(date) != remote[date].token
    }
    due |= _damaged(work, table, season)
    if is_full := how.full or _is_long_ago(work.ledger, warehouse, table, season, as_of):
        due |= {month_of(date) for date in remote.keys() | known.keys()}
    return _Job(table, season, remote, known, tuple(sorted(due)), is_full)


def _full_key(warehouse: str, table: Table, season: Season) -> str:
    return f"read in full: {table.name} {season} of {warehouse}"


def _is_long_ago(
    ledger: Ledger, warehouse: Warehouse, table: Table, season: Season, as_of: dt.datetime
) -> bool:
    """Whether a season was last read in full longer than FULL_AFTER ago."""
    last = ledger.meta(_full_key(warehouse.url, table, season))
    return last is not None and as_of - dt.datetime.fromisoformat(last) > FULL_AFTER


class _Meter:
    """How much of what is to be read was read, how fast, and how long it will still take."""

    def __init__(self, jobs: Sequence[_Job], progress: Progress) -> None:
        self._progress, self._began = progress, time.monotonic()
        self._months, self._done, self._bytes, self._rows = (
            sum(len(j.months) for j in jobs),
            0,
            0,
            0,
        )
        self.total = sum(job.bytes_of(month) for job in jobs for month in job.months)
        if self._months:
            progress(f"pull: {sizes.shown(self.total)} to read", 0, self._months)

    def read(self, job: _Job, month: str) -> None:
        """A month was read and stored."""
        self._done += 1
        self._bytes += job.bytes_of(month)
        self._rows += sum(s.rows for day, s in job.remote.items() if month_of(day) == month)
        seconds = max(time.monotonic() - self._began, 1e-3)
        left = (self.total - self._bytes) / max(self._bytes / seconds, 1)
        self._progress(
            f"pull {job.table.name}, {self._rows:,} rows, {sizes.shown(self._bytes)}, "
            f"{sizes.shown(self._bytes / seconds)}/s, {left:.0f} s left",
            self._done,
            self._months,
        )


def _refuse_large(size: int, how: How) -> None:
    if how.max_bytes is not None and size > how.max_bytes:
        raise UsageError(
            f"the pull would read {sizes.shown(size)}, more than {sizes.shown(how.max_bytes)}; "
            "nothing was read",
            hint="pull fewer seasons or tables, or give a larger --max-bytes",
        )


def _damaged(work: Workspace, table: Table, season: Season) -> set[str]:
    """Months whose file is gone or is not the one that was written."""
    files = work.ledger.rows(
        "SELECT month, sha256 FROM raw_files WHERE table_name = ? AND season = ?",
        (table.name, season.year),
    )
    found = set()
    for row in files:
        path = work.store.file("raw", table.name, season, row["month"])
        if not path.is_file() or of_file(path) != row["sha256"]:
            found.add(row["month"])
    return found


def _months(
    warehouse: Warehouse, job: _Job, as_of: dt.datetime
) -> Iterator[tuple[str, pl.DataFrame]]:
    """The due months with their rows, sorted; neighbours are read together up to READ_ROWS."""
    by, groups = job.table.partition_by, list(_groups(job))

    def read(group: list[str]) -> pl.DataFrame:
        first, last = month_interval(group[0]), month_interval(group[-1])
        pieces = _pieces(Interval(first.start, last.end), job)
        return pl.concat([_sorted(job.table, warehouse.read(job.table, p, as_of)) for p in pieces])

    with ThreadPoolExecutor(1) as ahead:  # the next months arrive while these are encoded
        coming = ahead.submit(read, groups[0]) if groups else None
        for number, group in enumerate(groups, 1):
            frame = coming.result() if coming else read(group)
            coming = ahead.submit(read, groups[number]) if number < len(groups) else None
            for month in group:
                span = month_interval(month)
                inside = pl.col(by).is_between(span.start, span.end, closed="left")
                yield month, frame if len(group) == 1 else frame.filter(inside)
            del frame


def _pieces(within: Interval, job: _Job) -> list[Interval]:
    """`within` cut into runs of days of about PIECE_ROWS: what is held unsorted beside the rest."""
    rows = sum(state.rows for day, state in job.remote.items() if day in within)
    count, days = max(1, rows // PIECE_ROWS), (within.end - within.start).days
    cuts = [within.start + dt.timedelta(days=days * n // count) for n in range(count + 1)]
    return [Interval(start, end) for start, end in pairwise(cuts) if start < end]


def _sorted(table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    # copies are ordered too, so that the same rows give the same bytes
    ties = [c for c in ("processed_at", "data_hash") if c in frame.columns]
    return frame.sort([*table.order, *ties], maintain_order=True)


def _groups(job: _Job) -> Iterator[list[str]]:
    rows: dict[str, int] = {}
    for date, state in job.remote.items():
        rows[month_of(date)] = rows.get(month_of(date), 0) + state.rows
    group: list[str] = []
    for month in job.months:
        size = sum(rows.get(m, 0) for m in (*group, month))
        if group and (
            size > READ_ROWS or month_interval(group[-1]).end != month_interval(month).start
        ):
            yield group
            group = []
        group.append(month)
    if group:
        yield group


def _store_month(job: _Job, month: str, frame: pl.DataFrame, run: _Run) -> tuple[dt.date, ...]:
    """Write a month if its content changed, and record it; returns the dates that changed."""
    table, season, store = job.table, job.season, run.work.store
    path = store.file("raw", table.name, season, month)
    # a file that is not the recorded one (altered, or a crash before recording) counts as absent
    known = path.is_file() and of_file(path) == _recorded(run.work.ledger, table, month)
    old = pl.read_parquet(path) if known else frame.clear()
    changed = changed_dates(old, frame, table.partition_by, table.contract.columns)
    written = store.write(path, frame) if changed and not frame.is_empty() else None
    if frame.is_empty():
        path.unlink(missing_ok=True)
    with run.work.ledger.transaction():
        _record_file(job, month, written, run, gone=frame.is_empty())
        _record_dates(job, month, frame, set(changed), run)
        _record_findings(job, month, findings(table, frame), run)
    return changed


def _recorded(ledger: Ledger, table: Table, month: str) -> str | None:
    rows = ledger.rows(
        "SELECT sha256 FROM raw_files WHERE table_name = ? AND month = ?", (table.name, month)
    )
    return rows[0]["sha256"] if rows else None


def _record_file(
    job: _Job, month: str, written: StoredFile | None, run: _Run, *, gone: bool
) -> None:
    name = job.table.name
    if written:
        row = file_row(name, job.season.year, month, written, run.run_id)
        run.work.ledger.put("raw_files", [row])
    elif gone:
        run.work.ledger.execute(
            "DELETE FROM raw_files WHERE table_name = ? AND month = ?", (name, month)
        )


def _record_dates(
    job: _Job, month: str, frame: pl.DataFrame, changed: set[dt.date], run: _Run
) -> None:
    ledger = run.work.ledger
    table, span = job.table, (job.table.name, f"{month}-01", month_interval(month).end.isoformat())
    where = "table_name = ? AND date >= ? AND date < ?"
    before = {
        row["date"]: row["changed_run"]
        for row in ledger.rows(f"SELECT date, changed_run FROM raw_partitions WHERE {where}", span)  # noqa: S608
    }
    ledger.execute(f"DELETE FROM raw_partitions WHERE {where}", span)  # noqa: S608 - ours
    ledger.put(
        "raw_partitions",
        [
            {
                "table_name": table.name,
                "date": date.isoformat(),
                "season": job.season.year,
                "rows": rows,
                "token": job.remote[date].token if date in job.remote else "",
                "warehouse": run.warehouse,
                "checked_as_of": run.as_of.isoformat(),
                "changed_run": run.run_id
                if date in changed
                else before.get(date.isoformat(), run.run_id),
            }
            for date, rows in sorted(frame.group_by(table.partition_by).len().iter_rows())
        ],
    )


def _record_findings(job: _Job, month: str, found: Sequence[Finding], run: _Run) -> None:
    ledger = run.work.ledger
    ledger.execute(
        "DELETE FROM findings WHERE table_name = ? AND date >= ? AND date < ? AND severity = ?",
        (job.table.name, f"{month}-01", month_interval(month).end.isoformat(), CONTRACT),
    )
    ledger.put("findings", [finding_row(finding, job.season.year, run.run_id) for finding in found])


def findings(table: Table, frame: pl.DataFrame) -> tuple[Finding, ...]:
    """Rows of a source table that break its contract, by date.

    Copies of a key, values outside the known ones, NULL in REQUIRED columns: they are kept, and
    features decide what to do with them.
    """
    by = table.partition_by
    found: list[Finding] = []
    copies = (
        frame.group_by(by)
        .agg(rows=pl.len() - pl.struct(table.key).n_unique())
        .filter(pl.col("rows") > 0)
        .sort(by)
    )
    key = ", ".join(table.key)
    found += [
        Finding(table.name, d, "copies", CONTRACT, n, f"of ({key})") for d, n in copies.iter_rows()
    ]
    for column, known in table.known_values.items():
        foreign = (
            frame.filter(~pl.col(column).is_in(sorted(known)))
            .group_by(by)
            .agg(pl.len(), pl.col(column).unique().sort().str.join(" "))
            .sort(by)
        )
        found += [
            Finding(table.name, d, "unknown_values", CONTRACT, n, f"{column}: {values}")
            for d, n, values in foreign.iter_rows()
        ]
    for column in table.contract.nulls(frame):
        nulls = frame.filter(pl.col(column).is_null()).group_by(by).len().sort(by)
        found += [
            Finding(table.name, d, "required_is_null", CONTRACT, n, column)
            for d, n in nulls.iter_rows()
        ]
    return tuple(found)


def _result(job: _Job, changed: Sequence[dt.date], run: _Run) -> TablePull:
    """Sum up one season of a table; all its dates are now known to be as they were at `as_of`."""
    table, season, ledger = job.table.name, job.season, run.work.ledger
    key = _full_key(run.warehouse, job.table, season)
    if job.is_full or ledger.meta(key) is None:
        ledger.put("meta", [{"key": key, "value": run.as_of.isoformat()}])
    ledger.execute(
        "UPDATE raw_partitions SET checked_as_of = ? WHERE table_name = ? AND season = ?",
        (run.as_of.isoformat(), table, season.year),
    )
    found = ledger.rows(
        "SELECT * FROM findings WHERE table_name = ? AND season = ? AND severity = ? ORDER BY date",
        (table, season.year, CONTRACT),
    )
    months = set(job.months)
    return TablePull(
        table=table,
        season=season,
        rows=sum(state.rows for state in job.remote.values()),
        dates=len(job.remote),
        read_dates=sum(month_of(date) in months for date in job.remote),
        changed=tuple(sorted(changed)),
        restated=tuple(d for d in sorted(changed) if d in job.known and d in job.remote),
        gone=tuple(sorted(job.known.keys() - job.remote.keys())),
        findings=tuple(finding_of(row) for row in found),
    )
