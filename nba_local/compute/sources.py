"""Source claims: run when rows arrive, and recorded with what was found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nba_local.compute import check, columns, expected
from nba_local.compute.arriving import ArrivingRows
from nba_local.compute.held import claims_fingerprint, unchecked
from nba_local.compute.source_claims import SourceClaims
from nba_local.storage.ledger import CONTRACT
from nba_local.tables.results import Progress, silent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nba_local.storage.workspace import Workspace
    from nba_local.tables.calendar import Season
    from nba_local.tables.results import Finding
    from nba_local.tables.table import Table


def check_sources(
    work: Workspace,
    seasons: Sequence[Season],
    run_id: str,
    progress: Progress = silent,
    rows: ArrivingRows | None = None,
) -> tuple[Finding, ...]:
    """Run the claims of source tables whose rows, or claims, changed since they last ran.

    What should be there of `seasons` is recorded too. Findings replace the recorded ones of that
    table and season, as those of `check` do. Writes the ledger and the quarantine folder. Returns
    the findings of the claims that were run.

    rows: Those at hand.

    Raises:
        PipelineError: A claim does not run.
    """
    if rows is None:
        with ArrivingRows(work.store) as own:
            return check_sources(work, seasons, run_id, progress, own)
    due = unchecked(work, seasons)
    findings: list[Finding] = []
    done = 0
    for season in seasons:
        tables = [table for table, of in due if of == season]
        for table, found in check_season(work, season, tables, run_id, rows):
            done += 1
            progress(f"check {table.name} {season}", done, len(due))
            findings += [f for f in found if f.severity != CONTRACT]
        rows.forget(season)
    return tuple(findings)


def check_season(
    work: Workspace,
    season: Season,
    tables: Sequence[Table],
    run_id: str,
    rows: ArrivingRows,
) -> Iterator[tuple[Table, tuple[Finding, ...]]]:
    """Findings of a season of source tables, recorded, with the marks that their claims ran.

    What should be there of the season is recorded while the claims run.

    rows: Those at hand.

    Raises:
        PipelineError: A claim does not run.
        AlteredFileError: A file is not as it was stored.
    """
    if not tables:
        expected.record(work, season, rows)
        return
    with SourceClaims(work, season, tables, rows) as claims:
        profiles = [rows.profile(table, season) for table in tables]
        expected.record(work, season, rows)
        for table, profile in zip(tables, profiles, strict=True):
            found = claims.findings(table)
            mark = {
                "table_name": table.name,
                "season": season.year,
                "fingerprint": claims_fingerprint(work, table, season),
                "run_id": run_id,
            }
            with work.ledger.transaction():
                findings = check.record(work, table, season, found, run_id)
                columns.record(work, table, season, profile.result())
                work.ledger.put("source_checks", [mark])
            yield table, findings
