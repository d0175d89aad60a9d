"""Source claims: run when rows arrive; dates whose sources break a blocking one are held.

A held date keeps, in every feature table, the rows that were published of it before.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from typing import TYPE_CHECKING, NamedTuple

from nba_local.compute import check, columns, expected
from nba_local.compute.arriving import ArrivingRows
from nba_local.compute.source_claims import SourceClaims
from nba_local.storage import queries
from nba_local.storage.duck import variables
from nba_local.storage.ledger import CONTRACT
from nba_local.tables.fingerprint import of_value
from nba_local.tables.results import Progress, silent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nba_local.storage.workspace import Workspace
    from nba_local.tables.calendar import Season
    from nba_local.tables.results import Finding
    from nba_local.tables.table import Table

BLOCK = "block"
"""Severity of claims that hold dates back."""


class Held(NamedTuple):
    """Why a date is held: the source table, the claim that its rows break, and its sentence."""

    table: str
    claim: str
    sentence: str


def held_dates(work: Workspace, season: Season) -> dict[dt.date, Held]:
    """Dates of `season` with a blocking finding of a source table, and the first such claim.

    Reads the ledger: what the claims found when they last ran, see `check_sources`.
    """
    names = {table.name for table in work.registry.sources}
    held: dict[dt.date, Held] = {}
    for finding in queries.findings_of_severity(work.ledger, season, BLOCK):
        if finding.table in names:
            held.setdefault(finding.date, Held(finding.table, finding.claim, finding.detail))
    return held


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
                "fingerprint": _fingerprint(work, table, season),
                "run_id": run_id,
            }
            with work.ledger.transaction():
                findings = check.record(work, table, season, found, run_id)
                columns.record(work, table, season, profile.result())
                work.ledger.put("source_checks", [mark])
            yield table, findings


def unchecked(work: Workspace, seasons: Sequence[Season]) -> list[tuple[Table, Season]]:
    """Pulled source tables and seasons whose claims did not run on the rows that are stored now."""
    return [
        (table, season)
        for season in seasons
        for table in work.registry.sources
        if queries.is_pulled(work.ledger, table.name, season)
        and not is_checked(work, table, season)
    ]


def is_checked(work: Workspace, table: Table, season: Season) -> bool:
    """Whether the claims of a source table ran on the rows that are stored now."""
    before = queries.claims_ran_on(work.ledger, table.name, season)
    return bool(before) and before == _fingerprint(work, table, season)


@functools.cache
def _names(text: str, table: str) -> bool:
    """Whether a query names a table."""
    return re.search(rf"\b{table}\b", text) is not None


def _fingerprint(work: Workspace, table: Table, season: Season) -> str:
    """Hash of the claims of a source table, the rows they read and the variables they ask for.

    Rows of other sources too; variables are rules, settings and bounds of the season.
    """
    text = "\n".join(claim.sql for claim in table.checks)
    read = [
        source.name
        for source in work.registry.sources
        if source.name == table.name or _names(text, source.name)
    ]
    files = [
        (name, month, sha256)
        for name in read
        for month, sha256 in queries.raw_hashes(work.ledger, name, season.year, season.year)
    ]
    given = variables(work.rules, table, season, work.bounds.interval(season))
    asked = {name: value for name, value in given.items() if f"getvariable('{name}')" in text}
    return of_value([work.registry.checks_of(table), asked, files])
