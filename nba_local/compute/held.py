"""Held dates: those whose sources break a blocking claim; and sources whose claims did not run.

A held date keeps, in every feature table, the rows that were published of it before. Reads the
ledger: `sources` runs the claims.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from typing import TYPE_CHECKING, NamedTuple

from nba_local.storage import queries
from nba_local.storage.duck import variables
from nba_local.tables.fingerprint import of_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nba_local.storage.workspace import Workspace
    from nba_local.tables.calendar import Season
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

    Reads the ledger: what the claims found when they last ran, see `sources`.
    """
    names = {table.name for table in work.registry.sources}
    held: dict[dt.date, Held] = {}
    for finding in queries.findings_of_severity(work.ledger, season, BLOCK):
        if finding.table in names:
            held.setdefault(finding.date, Held(finding.table, finding.claim, finding.detail))
    return held


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
    return bool(before) and before == claims_fingerprint(work, table, season)


@functools.cache
def _names(text: str, table: str) -> bool:
    """Whether a query names a table."""
    return re.search(rf"\b{table}\b", text) is not None


def claims_fingerprint(work: Workspace, table: Table, season: Season) -> str:
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
