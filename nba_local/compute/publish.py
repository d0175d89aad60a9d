"""Publish: checked dates become visible; months whose content did not change are left alone."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import polars as pl

from nba_local.compute.held import BLOCK
from nba_local.storage import queries
from nba_local.storage.files import (
    OBJECTS,
    PUBLISHED,
    is_intact,
    keep,
    link,
    object_path,
    sync_folder,
)
from nba_local.storage.ledger import LINKS_DUE, file_row, finding_row, read_files
from nba_local.storage.store import changed_dates
from nba_local.tables.calendar import month_of
from nba_local.tables.results import QUARANTINED, STATE_OK, StoredFile

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from nba_local.compute.held import Held
    from nba_local.storage.files import Recorded
    from nba_local.storage.ledger import Ledger
    from nba_local.storage.store import Store
    from nba_local.storage.workspace import Workspace
    from nba_local.tables.results import Computed, Finding, Step
    from nba_local.tables.table import Table

WRITERS = 2
"""Files of a season that are encoded at once."""


def stage(store: Store, step: Step, computed: Computed) -> dict[str, StoredFile]:
    """Write the rows of a season by month into the staging folder, where checks read them."""
    folder = store.staging / step.table.name / f"season={step.season.year}"
    months = months_of(computed.rows, step.table.partition_by)

    def write(month: str) -> tuple[str, StoredFile]:
        return month, store.write(folder / f"{month}.parquet", months[month])

    with ThreadPoolExecutor(WRITERS) as pool:
        return dict(pool.map(write, months))


def months_of(rows: pl.DataFrame, by: str) -> dict[str, pl.DataFrame]:
    """Rows that are sorted by the date `by`, cut into months without copying them."""
    runs = rows.select(month=pl.col(by).dt.truncate("1mo").rle()).unnest("month")
    ends = runs["len"].cum_sum()
    return {
        month_of(first): rows.slice(end - size, size)
        for size, first, end in zip(runs["len"], runs["value"], ends, strict=True)
    }


def date_summary(step: Step, computed: Computed) -> pl.DataFrame:
    """One row per date: its state, and how many rows, ready rows, non-rows and entities it has."""
    by = step.table.partition_by
    ready = pl.col(step.table.ready_column).sum() if step.table.ready_column else pl.len()
    counts = computed.rows.group_by(date=by).agg(
        rows=pl.len().cast(pl.Int64), ready_rows=ready.cast(pl.Int64)
    )
    absent = computed.non_rows.group_by("date").agg(non_rows=pl.len().cast(pl.Int64))
    return (
        computed.dates.join(counts, on="date", how="left")
        .join(absent, on="date", how="left")
        .with_columns(pl.col("rows", "ready_rows", "non_rows").fill_null(0))
        .sort("date")
        .select(
            "date",
            "state",
            "detail",
            "rows",
            "ready_rows",
            "non_rows",
            "entities_expected",
            "entities_found",
        )
    )


@dataclass(frozen=True)
class Checked:
    """A computed season with its staged files by month and what the claims found.

    held: Dates of the table that a claim about a source table holds back.
    """

    computed: Computed
    staged: Mapping[str, StoredFile]
    findings: Sequence[Finding]
    held: Mapping[dt.date, Held] = field(default_factory=dict)

    @property
    def blocked(self) -> tuple[dt.date, ...]:
        """Dates for which a claim of severity `block` about the table or a source fails."""
        return tuple(sorted(self.causes))

    @cached_property
    def causes(self) -> dict[dt.date, str]:
        """Why each blocked date is: the claim, and its table where that is a source table."""
        causes = {date: f"{held.table}: {held.claim}" for date, held in self.held.items()}
        return causes | {f.date: f.claim for f in self.findings if f.severity == BLOCK}


def publish(
    work: Workspace, step: Step, checked: Checked, run_id: str
) -> tuple[tuple[dt.date, ...], tuple[dt.date, ...]]:
    """Make the season visible and record it; returns the dates that changed and those blocked.

    A blocked date keeps the rows it had before. Files are put under the names of their content;
    one ledger transaction then makes them the season that is read. What dies before it leaves the
    season as it was, what dies after it leaves links that the next writer makes.
    """
    name, season = step.table.name, step.season
    folder = work.store.folder(PUBLISHED, name, season)
    records, _ = read_files(work.ledger.path, PUBLISHED, name, season)
    recorded = {record.month: record for record in records}
    changed: list[dt.date] = []
    files: dict[str, StoredFile] = {}
    for month in sorted({*checked.staged, *recorded}):
        differs, file = _publish_month(work.store, step, checked, month, recorded.get(month))
        changed += differs
        if file:
            files[month] = file
    sync_folder(folder / OBJECTS)
    due = LINKS_DUE.format(name, season.year)
    with work.ledger.transaction(durable=True):
        _record(work.ledger, step, checked, files, set(changed), run_id)
        work.ledger.put("meta", [{"key": due, "value": run_id}])
    link(folder, {month: file.sha256 for month, file in files.items()})
    work.ledger.forget(due)
    return tuple(sorted(changed)), checked.blocked


def _publish_month(
    store: Store, step: Step, checked: Checked, month: str, recorded: Recorded | None
) -> tuple[tuple[dt.date, ...], StoredFile | None]:
    """The dates of a month that changed and its file; the file is left alone where none did."""
    table, by = step.table, step.table.partition_by
    folder = store.folder(PUBLISHED, table.name, step.season)
    empty = pl.DataFrame(schema=table.contract.polars)
    present, path = empty, folder
    known = recorded is not None and is_intact(folder, recorded, hashed=True)
    if recorded is not None and known:
        kept = object_path(folder, month, recorded.sha256)
        path = kept if kept.is_file() else folder / f"{month}.parquet"
        present = pl.read_parquet(path, glob=False)
    new = months_of(checked.computed.rows, by).get(month, empty)
    held = [d for d in checked.blocked if month_of(d) == month]
    if held:
        is_held = pl.col(by).is_in(held)
        new = pl.concat([new.filter(~is_held), present.filter(is_held)]).sort(table.order)
    differs = changed_dates(present, new, by, table.compared)
    if new.is_empty():
        return differs, None
    if recorded is not None and known and not differs:
        stat = path.stat()
        file = StoredFile(path, new.height, stat.st_size, recorded.sha256, stat.st_mtime_ns)
        return (), file
    staged = store.write(store.staging / f"{month}.parquet", new) if held else checked.staged[month]
    return differs, keep(folder, month, staged)


def _record(  # noqa: PLR0913 - all that one transaction says
    ledger: Ledger,
    step: Step,
    checked: Checked,
    files: Mapping[str, StoredFile],
    changed: set[dt.date],
    run_id: str,
) -> None:
    name, season = step.table.name, step.season.year
    partitions = _partitions(ledger, step, checked, changed, run_id)
    kept = queries.findings_as_kept(ledger, name, step.season, checked.held)
    for table in ("published_files", "partitions", "non_rows", "findings"):
        ledger.delete_season(table, name, season)
    ledger.put("published_files", (file_row(name, season, m, f, run_id) for m, f in files.items()))
    ledger.put("partitions", partitions)
    columns = ("entity", "reason", "detail", "found", "needed", "category")
    ledger.put_many(
        "non_rows",
        ("table_name", "season", "date", "can_retry", *columns),
        checked.computed.non_rows.select(
            pl.lit(name).alias("table_name"),
            pl.lit(season).alias("season"),
            pl.col("date").cast(pl.String),
            pl.col("can_retry").cast(pl.Int64),
            *columns,
        ).rows(),
    )
    _record_dates_as_failures(ledger, name, season, checked.computed.dates)
    ledger.put("findings", [*kept, *(finding_row(f, season, run_id) for f in checked.findings)])
    done = {
        "table_name": name,
        "season": season,
        "fingerprint": step.fingerprint,
        "parts": json.dumps(dict(step.parts), sort_keys=True),
        "run_id": run_id,
    }
    ledger.put("seasons", [done])


def _partitions(
    ledger: Ledger, step: Step, checked: Checked, changed: set[dt.date], run_id: str
) -> list[dict[str, Any]]:
    """The ledger's row of each date; `changed_run` moves only where the content changed."""
    before = {d.date: d for d in queries.feature_dates(ledger, step.table.name, step.season)}
    key = {"table_name": step.table.name, "season": step.season.year}
    blocked, entries = set(checked.blocked), []
    issues = _issues(checked.computed.rows, step.table)
    for row in date_summary(step, checked.computed).rows(named=True):
        date, old = row["date"], before.get(row["date"])
        entry = {**key, **row, "issues": json.dumps(issues.get(date, {}))}
        if date in blocked:
            entry |= {
                "state": QUARANTINED,
                "detail": _kept(checked.causes[date]),
                "rows": old.rows if old else 0,
                "ready_rows": 0,
            }
        is_new = old is None or date in changed or old.state != entry["state"]
        entries.append({**entry, "changed_run": old.changed_run if old and not is_new else run_id})
    listed = {entry["date"] for entry in entries}
    for date in blocked - listed:  # its inputs are held too, so that it was not computed
        old = before[date]
        entry = {**key, **old._asdict(), "issues": json.dumps(dict(old.issues))}
        entries.append({**entry, "state": QUARANTINED, "detail": _kept(checked.causes[date])})
    return entries


def _kept(cause: str) -> str:
    return f"{cause} does not hold; rows of before are kept"


def _issues(rows: pl.DataFrame, table: Table) -> dict[dt.date, dict[str, int]]:
    """How many rows have an issue, by date and issue, the most frequent first."""
    if not table.issues_column:
        return {}
    counts = (
        rows.lazy()
        .select(date=table.partition_by, issue=table.issues_column)
        .filter(pl.col("issue").list.len() > 0)
        .explode("issue")
        .group_by("date", "issue")
        .len()
        .sort("date", "len", "issue", descending=[False, True, False])
        .collect()
    )
    found: dict[dt.date, dict[str, int]] = {}
    for date, issue, number in counts.iter_rows():
        found.setdefault(date, {})[issue] = number
    return found


def _record_dates_as_failures(ledger: Ledger, name: str, season: int, dates: pl.DataFrame) -> None:
    """A date that failed as a whole is one non-row of the entity DATE_LEVEL."""
    failed = dates.filter(pl.col("category").is_not_null())
    ledger.put(
        "non_rows",
        (
            {
                "table_name": name,
                "date": row["date"],
                "season": season,
                "entity": queries.DATE_LEVEL,
                "reason": row["state"],
                "detail": row["detail"],
                "found": None,
                "needed": None,
                "category": row["category"],
                "can_retry": row["can_retry"],
            }
            for row in failed.rows(named=True)
        ),
    )


def state_counts(computed: Computed, blocked: Sequence[dt.date]) -> dict[str, int]:
    """Number of dates by state, blocked ones apart."""
    counts = dict(
        computed.dates.filter(~pl.col("date").is_in(list(blocked)))
        .group_by("state")
        .len()
        .iter_rows()
    )
    if blocked:
        counts[QUARANTINED] = len(blocked)
    return {state: counts[state] for state in sorted(counts, key=lambda s: (s != STATE_OK, s))}
