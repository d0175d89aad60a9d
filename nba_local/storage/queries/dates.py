"""Dates: states, entities without a row, and findings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from nba_local.storage.ledger import finding_of
from nba_local.storage.queries.keys import OF_SEASON, date_of, of_season
from nba_local.storage.rows import ChangedDate, FeatureDate, NonRow

if TYPE_CHECKING:
    import datetime as dt
    import sqlite3
    from collections.abc import Collection, Iterable, Sequence

    from nba_local.storage.ledger import Ledger
    from nba_local.tables.calendar import Season
    from nba_local.tables.results import Finding

DATE_LEVEL = "DATE_LEVEL"
"""Entity of the non-row that stands for a whole date."""


def raw_rows(ledger: Ledger, table: str, season: Season) -> dict[dt.date, int]:
    """Pulled rows of a source table by date."""
    rows = ledger.rows(
        f"SELECT date, rows FROM raw_partitions WHERE {OF_SEASON} ORDER BY date",  # noqa: S608
        of_season(table, season),
    )
    return {date_of(row["date"]): row["rows"] for row in rows}


def feature_dates(ledger: Ledger, table: str, season: Season) -> list[FeatureDate]:
    """The computed dates of a feature table, in order."""
    rows = ledger.rows(
        f"SELECT * FROM partitions WHERE {OF_SEASON} ORDER BY date",  # noqa: S608
        of_season(table, season),
    )
    return [_feature_date(row) for row in rows]


def dates_in_state(ledger: Ledger, table: str, season: Season, state: str) -> tuple[dt.date, ...]:
    """The computed dates of a feature table that are in one state, in order."""
    rows = ledger.rows(
        f"SELECT date FROM partitions WHERE {OF_SEASON} AND state = ? ORDER BY date",  # noqa: S608
        (*of_season(table, season), state),
    )
    return tuple(date_of(row["date"]) for row in rows)


def all_feature_dates(ledger: Ledger, table: str) -> list[FeatureDate]:
    """The computed dates of all seasons of a feature table, in order."""
    rows = ledger.rows("SELECT * FROM partitions WHERE table_name = ? ORDER BY date", (table,))
    return [_feature_date(row) for row in rows]


def _feature_date(row: sqlite3.Row) -> FeatureDate:
    return FeatureDate(
        date_of(row["date"]),
        row["state"],
        row["detail"] or "",
        row["rows"],
        row["ready_rows"],
        row["non_rows"],
        row["entities_expected"],
        row["entities_found"],
        json.loads(row["issues"]),
        row["changed_run"],
    )


def non_row_counts(ledger: Ledger, table: str, season: Season) -> dict[dt.date, dict[str, int]]:
    """Number of entities without a row, by date and reason."""
    counts: dict[dt.date, dict[str, int]] = {}
    for row in ledger.rows(
        f"SELECT date, reason, count(*) AS number FROM non_rows WHERE {OF_SEASON} "  # noqa: S608
        "AND entity <> ? GROUP BY date, reason",
        (*of_season(table, season), DATE_LEVEL),
    ):
        counts.setdefault(date_of(row["date"]), {})[row["reason"]] = row["number"]
    return counts


def non_rows_named(
    ledger: Ledger, table: str, season: Season, most: int
) -> dict[dt.date, list[NonRow]]:
    """The first `most` entities without a row for each date, reason and category."""
    absent: dict[dt.date, list[NonRow]] = {}
    for row in ledger.rows(
        "SELECT * FROM (SELECT *, count(*) OVER same AS number, "  # noqa: S608
        "row_number() OVER (same ORDER BY entity) AS place FROM non_rows "
        f"WHERE {OF_SEASON} AND entity <> ? "
        "WINDOW same AS (PARTITION BY date, reason, category)) "
        "WHERE place <= ? ORDER BY number DESC, place",
        (*of_season(table, season), DATE_LEVEL, most),
    ):
        absent.setdefault(date_of(row["date"]), []).append(_non_row(row, row["number"]))
    return absent


def non_row(ledger: Ledger, table: str, date: dt.date, entity: str) -> NonRow | None:
    """Why an entity has no row on a date; None where nothing says so."""
    rows = ledger.rows(
        "SELECT * FROM non_rows WHERE table_name = ? AND date = ? AND entity = ?",
        (table, date.isoformat(), entity),
    )
    return _non_row(rows[0]) if rows else None


def commonest_detail(ledger: Ledger, table: str, date: dt.date, reason: str) -> str:
    """What is said of most of the entities without a row on a date for a reason."""
    rows = ledger.rows(
        "SELECT detail FROM non_rows WHERE table_name = ? AND date = ? AND reason = ? "
        "GROUP BY detail ORDER BY count(*) DESC LIMIT 1",
        (table, date.isoformat(), reason),
    )
    return (rows[0]["detail"] or "") if rows else ""


def _non_row(row: sqlite3.Row, number: int = 1) -> NonRow:
    return NonRow(
        date_of(row["date"]),
        row["entity"],
        row["reason"],
        row["detail"] or "",
        row["category"],
        bool(row["can_retry"]),
        number,
    )


def findings(ledger: Ledger, table: str, season: Season) -> list[Finding]:
    """Claims that do not hold, and what breaks the contract, by date."""
    rows = ledger.rows(
        f"SELECT * FROM findings WHERE {OF_SEASON} ORDER BY date, claim",  # noqa: S608
        of_season(table, season),
    )
    return [finding_of(row) for row in rows]


def findings_of_severity(ledger: Ledger, season: Season, severity: str) -> list[Finding]:
    """Findings of all tables with a severity, by date, table and claim."""
    rows = ledger.rows(
        "SELECT * FROM findings WHERE season = ? AND severity = ? ORDER BY date, table_name, claim",
        (season.year, severity),
    )
    return [finding_of(row) for row in rows]


def findings_as_kept(
    ledger: Ledger, table: str, season: Season, dates: Collection[dt.date]
) -> list[dict[str, Any]]:
    """The rows of findings on `dates`, to be put back as they are."""
    days = {date.isoformat() for date in dates}
    rows = ledger.rows(
        "SELECT * FROM findings WHERE table_name = ? AND season = ?", (table, season.year)
    )
    return [dict(row) for row in rows if row["date"] in days]


def any_finding(ledger: Ledger, season: Season, claims: Sequence[str]) -> bool:
    """Whether one of the claims has found anything in a season."""
    marks = ", ".join("?" * len(claims))
    rows = ledger.rows(
        f"SELECT 1 FROM findings WHERE season = ? AND claim IN ({marks}) LIMIT 1",  # noqa: S608
        (season.year, *claims),
    )
    return bool(rows)


def forget_findings(
    ledger: Ledger, table: str, season: Season, dates: Iterable[dt.date], severity: str
) -> None:
    """Delete the findings of a severity on dates of a table."""
    ledger.executemany(
        "DELETE FROM findings WHERE table_name = ? AND season = ? AND date = ? AND severity = ?",
        [(table, season.year, date.isoformat(), severity) for date in dates],
    )


def forget_finding(ledger: Ledger, table: str, date: dt.date, severity: str, claim: str) -> None:
    """Delete what one claim found on a date, of whatever season the date was."""
    ledger.execute(
        "DELETE FROM findings WHERE table_name = ? AND date = ? AND severity = ? AND claim = ?",
        (table, date.isoformat(), severity, claim),
    )


def forget_claims(ledger: Ledger, table: str, season: Season, but: str, held: str) -> None:
    """Delete what the claims of a table found, but for the severity `but`.

    Findings on dates in the state `held` stay: their rows are in no file and cannot be found again.
    """
    ledger.execute(
        "DELETE FROM findings WHERE table_name = ? AND season = ? AND severity <> ? "
        "AND date NOT IN (SELECT date FROM partitions WHERE table_name = ? AND state = ?)",
        (table, season.year, but, table, held),
    )


def changed_dates(
    ledger: Ledger, table: str, season: Season, *, is_source: bool
) -> dict[dt.date, ChangedDate]:
    """The run that last changed each date of a table."""
    layer = "raw_partitions" if is_source else "partitions"
    rows = ledger.rows(
        f"SELECT date, changed_run, started_at FROM {layer} JOIN runs ON run_id = changed_run "  # noqa: S608
        f"WHERE {OF_SEASON}",
        of_season(table, season),
    )
    return {
        date_of(row["date"]): ChangedDate(row["changed_run"], row["started_at"]) for row in rows
    }
