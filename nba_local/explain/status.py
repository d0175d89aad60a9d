"""Coverage: what of a season is there, with denominators, and what is missing and why."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nba_local.tables.results import STATE_OK

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nba_local.storage.ledger import Ledger
    from nba_local.storage.workspace import Workspace
    from nba_local.tables.calendar import Season
    from nba_local.tables.table import Table

EXPECTED_EMPTY = ("no_games", "bootstrap", "insufficient_history")
"""States of dates without rows that are as they should be: no gap."""


@dataclass(frozen=True, slots=True)
class RawCoverage:
    """Dates and rows of a source table of a season, and findings of the contract by claim."""

    table: str
    dates: int
    rows: int
    first: dt.date | None
    last: dt.date | None
    findings: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class FeatureCoverage:
    """Dates of a feature table of a season.

    expected: Dates that should have rows. ok: those that have. states: all dates by state.
    gaps: Dates that should have rows and have none, or are quarantined, with their state.
    ready_rows: Rows that may be used for predictions. pushed: ok dates whose present content is
    verified in the warehouse named by `target`.
    """

    table: str
    expected: int
    ok: int
    states: Mapping[str, int]
    gaps: tuple[tuple[dt.date, str], ...]
    incomplete: tuple[tuple[dt.date, int, int], ...]
    rows: int
    ready_rows: int
    non_rows: Mapping[str, int]
    warned: Mapping[str, int]
    pushed: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class SeasonCoverage:
    """One season of all tables."""

    season: Season
    raw: tuple[RawCoverage, ...]
    features: tuple[FeatureCoverage, ...]


def stored_seasons(ledger: Ledger) -> list[int]:
    """First years of the seasons of which anything was pulled or computed."""
    rows = ledger.rows(
        "SELECT season FROM raw_partitions UNION SELECT season FROM partitions ORDER BY season"
    )
    return [row["season"] for row in rows]


def coverage(work: Workspace, season: Season) -> SeasonCoverage:
    """What the data folder has of `season`. Reads the ledger only."""
    registry, ledger = work.registry, work.ledger
    return SeasonCoverage(
        season,
        tuple(_raw(ledger, table, season) for table in registry.sources),
        tuple(_feature(ledger, table, season) for table in registry.features),
    )


def _raw(ledger: Ledger, table: Table, season: Season) -> RawCoverage:
    key = (table.name, season.year)
    found = ledger.rows(
        "SELECT count(*) AS dates, total(rows) AS total, min(date) AS first, max(date) AS last "
        "FROM raw_partitions WHERE table_name = ? AND season = ?",
        key,
    )[0]
    claims = ledger.rows(
        "SELECT claim, count(DISTINCT date) AS dates FROM findings "
        "WHERE table_name = ? AND season = ? GROUP BY claim ORDER BY claim",
        key,
    )
    return RawCoverage(
        table.name,
        found["dates"],
        int(found["total"]),
        _date(found["first"]),
        _date(found["last"]),
        {row["claim"]: row["dates"] for row in claims},
    )


def _feature(ledger: Ledger, table: Table, season: Season) -> FeatureCoverage:
    key = (table.name, season.year)
    dates = ledger.rows(
        "SELECT * FROM partitions WHERE table_name = ? AND season = ? ORDER BY date", key
    )
    states: dict[str, int] = {}
    for row in dates:
        states[row["state"]] = states.get(row["state"], 0) + 1
    gaps = [row for row in dates if row["state"] not in {STATE_OK, *EXPECTED_EMPTY}]
    short = [
        (dt.date.fromisoformat(row["date"]), row["teams_found"], row["teams_expected"])
        for row in dates
        if row["state"] == STATE_OK
        and row["teams_expected"] is not None
        and row["teams_found"] < row["teams_expected"]
    ]
    return FeatureCoverage(
        table=table.name,
        expected=states.get(STATE_OK, 0) + len(gaps),
        ok=states.get(STATE_OK, 0),
        states=states,
        gaps=tuple((dt.date.fromisoformat(row["date"]), row["state"]) for row in gaps),
        incomplete=tuple(short),
        rows=sum(row["rows"] for row in dates),
        ready_rows=sum(row["ready_rows"] for row in dates),
        non_rows=_counted(
            ledger,
            "SELECT reason AS name, count(*) AS n FROM non_rows "
            "WHERE table_name = ? AND season = ? AND entity <> 'DATE_LEVEL' GROUP BY 1 ORDER BY 1",
            key,
        ),
        warned=_counted(
            ledger,
            "SELECT claim AS name, count(DISTINCT date) AS n FROM findings "
            "WHERE table_name = ? AND season = ? AND severity = 'warn' GROUP BY 1 ORDER BY 1",
            key,
        ),
        pushed=_counted(
            ledger,
            "SELECT warehouse AS name, count(*) AS n FROM pushes "
            "JOIN partitions USING (table_name, date, changed_run) "
            "WHERE table_name = ? AND season = ? AND state = 'ok' AND verified GROUP BY 1",
            key,
        ),
    )


def _counted(ledger: Ledger, sql: str, key: tuple[str, int]) -> dict[str, int]:
    return {row["name"]: row["n"] for row in ledger.rows(sql, key)}


def _date(text: str | None) -> dt.date | None:
    return None if text is None else dt.date.fromisoformat(text)
