"""Raw: a month of pulled rows on disk and in the ledger, and what of it breaks the contract."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from nba_local.errors import LedgerError
from nba_local.storage import queries
from nba_local.storage.ledger import CONTRACT, file_row, finding_row
from nba_local.storage.store import changed_dates
from nba_local.tables.calendar import month_of
from nba_local.tables.fingerprint import of_file
from nba_local.tables.results import Finding

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence
    from concurrent.futures import Executor, Future

    from nba_local.pull.undo import Replaced
    from nba_local.storage.ledger import Ledger
    from nba_local.storage.workspace import Workspace
    from nba_local.tables.calendar import Interval, Season
    from nba_local.tables.results import StoredFile
    from nba_local.tables.table import Table
    from nba_local.warehouse import PartitionState


@dataclass(frozen=True, slots=True)
class PullRun:
    """The pull under way: where it writes, what it reads from, and as of when."""

    work: Workspace
    run_id: str
    warehouse: str
    as_of: dt.datetime
    replaced: Replaced


@dataclass(frozen=True, slots=True)
class Job:
    """One season of one table: what the warehouse has against what was pulled before.

    interval: The dates of the season.
    known: As pulled before; the tokens of another warehouse are empty.
    due: By month, the dates to be read, or removed where the warehouse has them no longer.
    """

    table: Table
    season: Season
    interval: Interval
    remote: Mapping[dt.date, PartitionState]
    known: Mapping[dt.date, PartitionState]
    due: Mapping[str, frozenset[dt.date]]
    is_full: bool

    @property
    def is_whole(self) -> bool:
        """Whether every date of the season is due: what is read is all there is."""
        due = {day for days in self.due.values() for day in days}
        return due >= self.remote.keys() and due >= self.known.keys()

    def rows_of(self, month: str) -> int:
        """Rows that are read for a month."""
        return sum(self.remote[day].rows for day in self.due[month] if day in self.remote)

    def bytes_of(self, month: str) -> int:
        """What reading the due dates of a month takes."""
        return sum(self.remote[day].bytes for day in self.due[month] if day in self.remote)


def in_order(table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    """Rows as they are stored, whatever order they came in: the same rows give the same bytes.

    By the order of the table, then stamp and hash, then all columns in the contract's order, NULL
    first. A table may take the last of several copies, and has then the greatest.
    """
    by = [*table.order, *(c for c in table.versions if c in frame.columns)]
    rows = frame.sort(by, maintain_order=True)
    tied = rows.select(by).is_duplicated()
    if not tied.any():  # which spares sorting by a hundred columns
        return rows
    rest = [c for c in frame.columns if c not in by and not rows.schema[c].is_nested()]
    again = rows.filter(tied).sort([*by, *rest], maintain_order=True)
    return pl.concat([rows.filter(~tied), again]).sort(by, maintain_order=True)


@dataclass(frozen=True, slots=True)
class Month:
    """A month of a job that is being written, or has not changed.

    read: The rows of its due dates.
    changed: The dates that changed.
    """

    name: str
    read: pl.DataFrame
    changed: tuple[dt.date, ...]
    is_gone: bool
    written: Future[StoredFile] | None


def begin_month(job: Job, month: str, read: pl.DataFrame, run: PullRun, writer: Executor) -> Month:
    """Begin to write a month, if its content changed; to be recorded by `end_month`.

    read: The rows of the month's due dates in order; its other dates keep the rows they have.

    Raises:
        LedgerError: The month's file was altered since the pull began; nothing of it was stored.
    """
    table, by, due = job.table, job.table.partition_by, job.due[month]
    path = run.work.store.file("raw", table.name, job.season, month)
    # a file that is not the recorded one (altered, or a crash before recording) counts as absent
    known = path.is_file() and of_file(path) == _recorded(run.work.ledger, job, month)
    old = pl.read_parquet(path, glob=False) if known else read.clear()
    is_due = pl.col(by).is_in(due)
    kept = old.filter(~is_due)
    if not known and any(month_of(day) == month for day in job.known.keys() - due):
        raise LedgerError(
            f"{path} was altered while {table.name} was pulled; nothing of {month} was stored",
            hint="pull again: the month is then read in full",
        )
    changed = changed_dates(old.filter(is_due), read, by, table.contract.columns)
    frame = in_order(table, pl.concat([kept, read])) if kept.height else read
    if changed:
        run.replaced.keep(table.name, job.season, month, is_whole=known)
    writes = changed and not frame.is_empty()
    written = writer.submit(run.work.store.write, path, frame) if writes else None
    if frame.is_empty():
        path.unlink(missing_ok=True)
    return Month(month, read, changed, frame.is_empty(), written)


def end_month(job: Job, month: Month, run: PullRun) -> tuple[dt.date, ...]:
    """Record a month when it is written; returns the dates that changed."""
    written = month.written.result() if month.written else None
    broken = findings(job.table, month.read)
    with run.work.ledger.transaction():
        _record_file(job, month.name, written, run, gone=month.is_gone)
        _record_dates(job, month.name, month.read, set(month.changed), run)
        _record_findings(job, month.name, broken, run)
    return month.changed


def keep_moved(job: Job, run: PullRun) -> None:
    """Keep the months whose dates go to another season, before that season takes them over."""
    for month in sorted({month_of(day) for day in job.known if day not in job.interval}):
        path = run.work.store.file("raw", job.table.name, job.season, month)
        is_whole = path.is_file() and of_file(path) == _recorded(run.work.ledger, job, month)
        run.replaced.keep(job.table.name, job.season, month, is_whole=is_whole)


def _recorded(ledger: Ledger, job: Job, month: str) -> str | None:
    year = job.season.year
    return dict(queries.raw_hashes(ledger, job.table.name, year, year)).get(month)


def _record_file(
    job: Job, month: str, written: StoredFile | None, run: PullRun, *, gone: bool
) -> None:
    name = job.table.name
    if written:
        row = file_row(name, job.season.year, month, written, run.run_id)
        run.work.ledger.put("raw_files", [row])
    elif gone:
        queries.forget_raw_file(run.work.ledger, name, job.season, month)


def _record_dates(
    job: Job, month: str, read: pl.DataFrame, changed: set[dt.date], run: PullRun
) -> None:
    ledger, name = run.work.ledger, job.table.name
    before = queries.changed_runs(ledger, name, job.season, month)
    queries.forget_dates(ledger, name, job.season, job.due[month])
    columns = ("table_name", "season", "warehouse", "checked_as_of")
    values = (name, job.season.year, run.warehouse, run.as_of.isoformat())
    ledger.put_many(
        "raw_partitions",
        (*columns, "date", "rows", "token", "changed_run"),
        (
            (
                *values,
                date.isoformat(),
                rows,
                job.remote[date].token if date in job.remote else "",
                run.run_id if date in changed else before.get(date, run.run_id),
            )
            for date, rows in sorted(read.group_by(job.table.partition_by).len().iter_rows())
        ),
    )


def _record_findings(job: Job, month: str, broken: Sequence[Finding], run: PullRun) -> None:
    ledger = run.work.ledger
    queries.forget_findings(ledger, job.table.name, job.season, job.due[month], CONTRACT)
    ledger.put(
        "findings", [finding_row(finding, job.season.year, run.run_id) for finding in broken]
    )


def report_undated(job: Job, rows: int, run: PullRun) -> None:
    """Record how many rows of a table have no date; they are of no season, and are named in each.

    The finding stands on the season's first day.
    """
    table, day = job.table, job.interval.start
    claim = "required_is_null"
    detail = f"{table.partition_by}: rows without a date, of no season; they are not pulled"
    with run.work.ledger.transaction():
        queries.forget_finding(run.work.ledger, table.name, day, CONTRACT, claim)
        if rows:
            finding = Finding(table.name, day, claim, CONTRACT, rows, detail)
            run.work.ledger.put("findings", [finding_row(finding, job.season.year, run.run_id)])


def findings(table: Table, frame: pl.DataFrame) -> tuple[Finding, ...]:
    """Rows of a source table that break its contract, by date.

    Copies of a key, values outside the known ones, NULL in REQUIRED columns, keys that are blank:
    they are kept, and features decide what to do with them.
    """
    by = table.partition_by
    broken: list[Finding] = []
    if frame.select(table.key).is_duplicated().any():
        copies = (
            frame.group_by(by)
            .agg(rows=pl.len() - pl.struct(table.key).n_unique())
            .filter(pl.col("rows") > 0)
            .sort(by)
        )
        detail = f"rows with the same {' and '.join(table.key)}"
        broken += [
            Finding(table.name, d, "copies", CONTRACT, n, detail) for d, n in copies.iter_rows()
        ]
    for column, known in table.known_values.items():
        if not set(frame[column].unique().drop_nulls()) - set(known):  # which is soon seen
            continue
        foreign = (
            frame.select(by, column)
            .filter(~pl.col(column).is_in(sorted(known)))
            .group_by(by)
            .agg(pl.len(), pl.col(column).unique().sort().str.join(" "))
            .sort(by)
        )
        broken += [
            Finding(table.name, d, "unknown_values", CONTRACT, n, f"{column}: {values}")
            for d, n, values in foreign.iter_rows()
        ]
    texts = [c for c in table.key if frame.schema[c] == pl.String]
    blank = [c for c in texts if (frame[c].str.strip_chars() == "").any()]
    for column in dict.fromkeys((*table.contract.nulls(frame), *blank)):
        missing = pl.col(column).is_null()
        if column in blank:
            missing |= pl.col(column).str.strip_chars() == ""
        nulls = frame.select(by, column).filter(missing).group_by(by).len().sort(by)
        broken += [
            Finding(table.name, d, "required_is_null", CONTRACT, n, column)
            for d, n in nulls.iter_rows()
        ]
    return tuple(broken)
