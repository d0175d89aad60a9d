"""Publish: checked dates become visible; months whose content did not change are left alone."""

from __future__ import annotations

import datetime as dt
import json
import os
from typing import TYPE_CHECKING, Any

import polars as pl

from nba_local.fingerprint import of_file
from nba_local.ledger import file_row, finding_row
from nba_local.partition import month_of
from nba_local.step import QUARANTINED, STATE_OK, StoredFile
from nba_local.store import changed_dates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nba_local.ledger import Ledger
    from nba_local.step import Computed, Finding, Step
    from nba_local.store import Store

READY = "is_production_ready"
"""Column of this warehouse that says whether a row may be used for predictions."""


def stage(store: Store, step: Step, computed: Computed) -> dict[str, StoredFile]:
    """Write the rows of a season by month into the staging folder, where checks read them."""
    folder = store.staging / step.table.name / f"season={step.season.year}"
    by = step.table.partition_by
    months = computed.rows.with_columns(month=pl.col(by).dt.strftime("%Y-%m"))
    return {
        str(key[0]): store.write(folder / f"{key[0]}.parquet", rows.drop("month"))
        for key, rows in months.partition_by("month", as_dict=True, maintain_order=True).items()
    }


def date_summary(step: Step, computed: Computed) -> pl.DataFrame:
    """One row per date: date, state, detail, rows, ready_rows, non_rows, teams expected and found."""
    by = step.table.partition_by
    ready = pl.col(READY).sum() if READY in computed.rows.columns else pl.len()
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
            "teams_expected",
            "teams_found",
        )
    )


def publish(  # noqa: PLR0913 - one call that makes a season visible
    store: Store,
    ledger: Ledger,
    step: Step,
    computed: Computed,
    staged: Mapping[str, StoredFile],
    findings: Sequence[Finding],
    run_id: str,
) -> tuple[tuple[dt.date, ...], tuple[dt.date, ...]]:
    """Make the season visible and record it; returns the dates that changed and those blocked.

    A date with a broken `block` claim keeps the rows it had before. Files are renamed first, then
    one ledger transaction; a crash between them is noticed by the file's hash and redone.
    """
    blocked = tuple(sorted({f.date for f in findings if f.severity == "block"}))
    table, season = step.table, step.season
    recorded = {
        row["month"]: row["sha256"]
        for row in ledger.rows(
            "SELECT month, sha256 FROM published_files WHERE table_name = ? AND season = ?",
            (table.name, season.year),
        )
    }
    changed: list[dt.date] = []
    files: dict[str, StoredFile] = {}
    for month in sorted({*staged, *recorded}):
        path = store.file("published", table.name, season, month)
        known = path.is_file() and of_file(path) == recorded.get(month)
        old = pl.read_parquet(path) if known else pl.DataFrame(schema=table.contract.polars)
        held = [d for d in blocked if month_of(d) == month]
        new = _merged(computed.rows, old, table.partition_by, month, held)
        differs = changed_dates(old, new, table.partition_by, table.compared)
        changed += differs
        if new.is_empty():
            path.unlink(missing_ok=True)
        elif known and not differs:
            files[month] = StoredFile(path, new.height, path.stat().st_size, recorded[month])
        elif held:
            files[month] = store.write(path, new.sort(table.order))
        else:
            files[month] = _moved(staged[month], path)
    with ledger.transaction():
        _record(ledger, step, computed, files, set(blocked), set(changed), findings, run_id)
    return tuple(sorted(changed)), blocked


def _merged(
    rows: pl.DataFrame, old: pl.DataFrame, by: str, month: str, held: Sequence[dt.date]
) -> pl.DataFrame:
    """The new rows of a month; dates that are held back keep their old ones."""
    new = rows.filter(pl.col(by).dt.strftime("%Y-%m") == month)
    if not held:
        return new
    return pl.concat([new.filter(~pl.col(by).is_in(held)), old.filter(pl.col(by).is_in(held))])


def _moved(staged: StoredFile, path: Path) -> StoredFile:
    path.parent.mkdir(parents=True, exist_ok=True)
    os.replace(staged.path, path)  # noqa: PTH105 - the rename that publishes
    return StoredFile(path, staged.rows, staged.bytes, staged.sha256)


def _record(  # noqa: PLR0913 - everything that one transaction says
    ledger: Ledger,
    step: Step,
    computed: Computed,
    files: Mapping[str, StoredFile],
    blocked: set[dt.date],
    changed: set[dt.date],
    findings: Sequence[Finding],
    run_id: str,
) -> None:
    name, season = step.table.name, step.season.year
    before = {
        row["date"]: row
        for row in ledger.rows(
            "SELECT date, changed_run, rows FROM partitions WHERE table_name = ? AND season = ?",
            (name, season),
        )
    }
    for table in ("published_files", "partitions", "non_rows", "findings"):
        ledger.delete_season(table, name, season)
    ledger.put("published_files", (file_row(name, season, m, f, run_id) for m, f in files.items()))
    summary = date_summary(step, computed)
    ledger.put(
        "partitions",
        (
            _partition(name, season, row, before, blocked, changed, run_id)
            for row in summary.rows(named=True)
        ),
    )
    columns = ("date", "entity", "reason", "detail", "found", "needed", "category", "can_retry")
    ledger.put_many(
        "non_rows",
        ("table_name", "season", *columns),
        computed.non_rows.select(
            pl.lit(name).alias("table_name"),
            pl.lit(season).alias("season"),
            pl.col("date").cast(pl.String),
            *columns[1:-1],
            pl.col("can_retry").cast(pl.Int64),
        ).rows(),
    )
    _record_dates_as_failures(ledger, name, season, computed.dates)
    ledger.put("findings", (finding_row(f, season, run_id) for f in findings))
    ledger.put(
        "seasons",
        [
            {
                "table_name": name,
                "season": season,
                "fingerprint": step.fingerprint,
                "parts": json.dumps(dict(step.parts), sort_keys=True),
                "run_id": run_id,
            }
        ],
    )


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
                "entity": "DATE_LEVEL",
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


def _partition(  # noqa: PLR0913
    name: str,
    season: int,
    row: Mapping[str, Any],
    before: Mapping[str, Any],
    blocked: set[dt.date],
    changed: set[dt.date],
    run_id: str,
) -> dict[str, Any]:
    date, old = row["date"], before.get(row["date"].isoformat())
    kept = (
        {}
        if date not in blocked
        else {
            "state": QUARANTINED,
            "rows": old["rows"] if old else 0,
            "ready_rows": 0,
            "detail": "a blocking claim does not hold; the rows of before are kept",
        }
    )
    is_new = date in changed or old is None
    return {
        "table_name": name,
        "season": season,
        **row,
        **kept,
        "date": date.isoformat(),
        "changed_run": run_id if is_new else old["changed_run"],
    }


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
