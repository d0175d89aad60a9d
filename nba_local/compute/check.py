"""Check: every claim of a table, in SQL, by an engine that did not compute the rows."""

from __future__ import annotations

import dataclasses
import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import polars as pl

from nba_local.compute.claim_tables import ClaimTables
from nba_local.compute.mistakes import in_claim
from nba_local.errors import PipelineError
from nba_local.storage import queries
from nba_local.storage.duck import quoted
from nba_local.storage.ledger import CONTRACT, finding_row
from nba_local.storage.quarantine import FOLDER
from nba_local.tables.results import QUARANTINED, Finding

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    import duckdb

    from nba_local.storage.store import Store
    from nba_local.storage.workspace import Workspace
    from nba_local.tables.calendar import Season
    from nba_local.tables.table import Check, Table

AT_ONCE = 2
"""Claims that run at once; each is small, so that more threads per claim gain less."""


@dataclasses.dataclass(frozen=True, slots=True)
class Subject:
    """The rows to be checked: files of one season of a table, and its dates with their states.

    quarantined: Dates whose rows are not in the files: what was found of them before is kept.
    """

    table: Table
    season: Season
    files: Sequence[Path]
    dates: pl.DataFrame | None
    quarantined: frozenset[dt.date] = frozenset()


def check(work: Workspace, subject: Subject, tables: ClaimTables) -> tuple[Finding, ...]:
    """Findings of all claims of a table about the rows of `subject`, by date.

    In a claim the table's own name means the rows of `subject`, every other name what is stored;
    `dates` lists the states of the season, and `getvariable()` gives `season`, `rules` and the
    table's settings. Offending rows go to the quarantine folder, a file per claim and season.

    tables: Those of the season, with the rows of `subject` loaded.

    Raises:
        PipelineError: A claim does not run, or does not return the partition column.
    """
    cursors: SimpleQueue[duckdb.DuckDBPyConnection] = SimpleQueue()
    for cursor in tables.cursors(subject, AT_ONCE):
        cursors.put(cursor)

    def findings(claim: Check) -> list[Finding]:
        cursor = cursors.get()
        try:
            return findings_of(cursor, work.store, subject, claim)
        finally:
            cursors.put(cursor)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(findings, subject.table.checks))
    return tuple(sorted((f for part in found for f in part), key=lambda f: (f.claim, f.date)))


def check_stored(
    work: Workspace, table: Table, season: Season, run_id: str, held: Collection[dt.date] = ()
) -> tuple[Finding, ...]:
    """Findings about the published rows of a season of a feature: its claims and its contract.

    They replace those that the ledger has of its claims.

    held: Dates that a claim about a source holds back. Their rows are those of before, and what
        claims say of them beside sources that are wrong would hide why they are held.
    """
    subject = _stored(work, table, season)
    findings: tuple[Finding, ...] = ()
    if subject:
        with ClaimTables(work, season) as tables:
            tables.load(table, subject.files)
            findings = tuple(f for f in check(work, subject, tables) if f.date not in held)
    with work.ledger.transaction():
        return record(work, table, season, findings, run_id)


def record(
    work: Workspace, table: Table, season: Season, findings: Sequence[Finding], run_id: str
) -> tuple[Finding, ...]:
    """Put the findings of the claims of a table into the ledger, in place of those before.

    Inside a transaction. Returns them with those of the contract, and those that were kept.
    """
    queries.forget_claims(work.ledger, table.name, season, CONTRACT, QUARANTINED)
    recorded = queries.findings(work.ledger, table.name, season)
    kept = [f for f in recorded if f.severity != CONTRACT]
    held = {(f.date, f.claim, f.detail) for f in kept}
    new = [f for f in findings if (f.date, f.claim, f.detail) not in held]
    work.ledger.put("findings", (finding_row(f, season.year, run_id) for f in new))
    return (*(f for f in recorded if f.severity == CONTRACT), *kept, *new)


def _stored(work: Workspace, table: Table, season: Season) -> Subject | None:
    """The published rows of a season of a feature; None where it was not computed yet."""
    files = work.store.files(table.layer, table.name, season, hashed=True)
    recorded = queries.feature_dates(work.ledger, table.name, season)
    if not recorded:
        return None
    values = [[getattr(date, name) for name in DATES] for date in recorded]
    dates = pl.DataFrame(values, DATES, orient="row").with_columns(
        detail=pl.col("detail").replace("", None)
    )
    quarantined = frozenset(dates.filter(pl.col("state") == QUARANTINED)["date"])
    return Subject(table, season, files, dates, quarantined)


DATES = {
    "date": pl.Date,
    "state": pl.String,
    "detail": pl.String,
    "rows": pl.Int64,
    "ready_rows": pl.Int64,
    "non_rows": pl.Int64,
    "entities_expected": pl.Int64,
    "entities_found": pl.Int64,
}
"""The dates of a season as claims see them, as `date_summary` gives them."""


def findings_of(
    con: duckdb.DuckDBPyConnection, store: Store, subject: Subject, claim: Check
) -> list[Finding]:
    """What one claim finds about `subject`, whose rows `con` has; they go into the quarantine.

    Raises:
        PipelineError: The claim does not run, or does not return the partition column.
    """
    import duckdb

    table = subject.table
    by = table.partition_by
    folder = store.root / FOLDER / table.name / f"season={subject.season.year}"
    path = folder / f"{claim.claim}.parquet"
    try:
        if not subject.quarantined and _finds_nothing(con, claim, by):
            path.unlink(missing_ok=True)
            return []
        con.execute(f"CREATE OR REPLACE TEMP TABLE broken AS {claim.sql}")
        counts = con.execute(
            f'SELECT "{by}", count(*), min(broken) FROM broken GROUP BY 1 ORDER BY 1'  # noqa: S608
        ).fetchall()
    except duckdb.Error as error:
        raise in_claim(table, claim, error) from error
    if undated := [rows for day, rows, _ in counts if not isinstance(day, dt.date)]:
        raise PipelineError(
            f"{table.name}: check `{claim.claim}` returns {sum(undated):,} rows without a date in "
            f"`{by}`; nothing was published",
            hint=f"`{by}` of every returned row says which date is wrong: {claim.path.name}",
        )
    kept = _quarantined_rows(path, by, subject.quarantined)
    path.unlink(missing_ok=True)
    if counts:
        folder.mkdir(parents=True, exist_ok=True)
        con.execute(f"COPY broken TO {quoted(str(path))} (FORMAT parquet)")
    if kept is not None:
        rows = [kept, pl.read_parquet(path, glob=False)] if counts else [kept]
        store.write(path, pl.concat(rows, how="diagonal_relaxed"))
    return [
        Finding(table.name, day, claim.claim, claim.severity, rows, claim.sentence, _shown(row, by))
        for day, rows, row in counts
    ]


def _finds_nothing(con: duckdb.DuckDBPyConnection, claim: Check, by: str) -> bool:
    """Whether a claim holds: no row is found, and one would say its date."""
    result = con.execute(claim.sql)
    return by in {name for name, *_ in result.description or ()} and result.fetchone() is None


def _quarantined_rows(path: Path, by: str, dates: frozenset[dt.date]) -> pl.DataFrame | None:
    """Rows of quarantined dates that an earlier run found: they are in no published file."""
    if not dates or not path.is_file():
        return None
    rows = pl.read_parquet(path, glob=False).filter(pl.col(by).is_in(sorted(dates)))
    return rows if rows.height else None


def _shown(row: dict[str, Any], by: str, most: int = 160) -> str:
    """A row as `column value, ...` without its date, cut to `most` characters."""
    text = ", ".join(f"{name} {value}" for name, value in row.items() if name != by)
    return text if len(text) <= most else text[: most - 3] + "..."
