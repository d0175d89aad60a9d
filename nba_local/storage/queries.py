"""Queries: what the ledger says, as typed rows. Reading the ledger in SQL is done here."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

from nba_local.storage.ledger import finding_of
from nba_local.storage.rows import (
    ChangedDate,
    ColumnFill,
    FeatureDate,
    NonRow,
    PushedDate,
    PushRun,
    RunRow,
    SeasonRow,
    UnusualColumn,
)
from nba_local.tables.calendar import Bounds

if TYPE_CHECKING:
    import sqlite3

    from nba_local.storage.ledger import Ledger
    from nba_local.tables.calendar import Season
    from nba_local.tables.results import Finding

DATE_LEVEL = "DATE_LEVEL"
"""Entity of the non-row that stands for a whole date."""

TOOK_EFFECT = ("committed", "verified")
"""Statuses of pushes that changed their target: not read back yet, and read back."""


# runs


def runs(ledger: Ledger, verb: str = "", limit: int = -1) -> list[RunRow]:
    """The runs of a verb, or of all, newest first; at most `limit` of them."""
    found = ledger.rows(
        "SELECT * FROM runs WHERE verb = ? OR ? = '' ORDER BY started_at DESC LIMIT ?",
        (verb, verb, limit),
    )
    return [_run(row) for row in found]


def run(ledger: Ledger, run_id: str) -> RunRow | None:
    """The run of an id."""
    found = ledger.rows("SELECT * FROM runs WHERE run_id = ?", (run_id,))
    return _run(found[0]) if found else None


def running(ledger: Ledger) -> list[RunRow]:
    """Runs under way, oldest first."""
    found = ledger.rows("SELECT * FROM runs WHERE status = 'running' ORDER BY started_at")
    return [_run(row) for row in found]


def _run(row: sqlite3.Row) -> RunRow:
    return RunRow(
        row["run_id"],
        row["verb"],
        row["started_at"],
        row["finished_at"],
        row["status"],
        row["rules"],
        json.loads(row["arguments"]),
        json.loads(row["result"] or "null"),
    )


# seasons


def stored_seasons(ledger: Ledger) -> list[int]:
    """First years of the seasons of which anything was pulled or computed."""
    return _years(
        ledger,
        "SELECT season FROM raw_partitions UNION SELECT season FROM partitions ORDER BY season",
    )


def pulled_seasons(ledger: Ledger) -> list[int]:
    """First years of the seasons of which rows were pulled."""
    return _years(ledger, "SELECT DISTINCT season FROM raw_partitions ORDER BY season")


def computed_seasons(ledger: Ledger) -> list[int]:
    """First years of the seasons that were computed."""
    return _years(ledger, "SELECT DISTINCT season FROM partitions ORDER BY season")


def _years(ledger: Ledger, sql: str) -> list[int]:
    return [row["season"] for row in ledger.rows(sql)]


def seasons_done(ledger: Ledger) -> dict[tuple[str, int], SeasonRow]:
    """What backfills finished, by table and first year."""
    return {
        (row["table_name"], row["season"]): SeasonRow(
            row["table_name"],
            row["season"],
            row["fingerprint"],
            json.loads(row["parts"]),
            row["run_id"],
        )
        for row in ledger.rows("SELECT * FROM seasons")
    }


def pulled_tables(ledger: Ledger, season: Season) -> set[str]:
    """The source tables of which a season was pulled."""
    found = ledger.rows(
        "SELECT DISTINCT table_name FROM raw_files WHERE season = ?", (season.year,)
    )
    return {row["table_name"] for row in found}


# dates


_OF_SEASON = "table_name = ? AND date >= ? AND date < ? AND season = ?"


def _of_season(table: str, season: Season) -> tuple[str, str, str, int]:
    """The key of a season's dates; the dates, which may be more than it has, are for the index."""
    return (table, f"{season.year}-01-01", f"{season.year + 2}-01-01", season.year)


def raw_rows(ledger: Ledger, table: str, season: Season) -> dict[dt.date, int]:
    """Pulled rows of a source table by date."""
    found = ledger.rows(
        f"SELECT date, rows FROM raw_partitions WHERE {_OF_SEASON} ORDER BY date",  # noqa: S608
        _of_season(table, season),
    )
    return {_date(row["date"]): row["rows"] for row in found}


def feature_dates(ledger: Ledger, table: str, season: Season) -> list[FeatureDate]:
    """The computed dates of a feature table, in order."""
    found = ledger.rows(
        f"SELECT * FROM partitions WHERE {_OF_SEASON} ORDER BY date",  # noqa: S608
        _of_season(table, season),
    )
    return [
        FeatureDate(
            _date(row["date"]),
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
        for row in found
    ]


def non_row_counts(ledger: Ledger, table: str, season: Season) -> dict[dt.date, dict[str, int]]:
    """Number of entities without a row, by date and reason."""
    found: dict[dt.date, dict[str, int]] = {}
    for row in ledger.rows(
        f"SELECT date, reason, count(*) AS number FROM non_rows WHERE {_OF_SEASON} "  # noqa: S608
        "AND entity <> ? GROUP BY date, reason",
        (*_of_season(table, season), DATE_LEVEL),
    ):
        found.setdefault(_date(row["date"]), {})[row["reason"]] = row["number"]
    return found


def non_rows_named(
    ledger: Ledger, table: str, season: Season, most: int
) -> dict[dt.date, list[NonRow]]:
    """The first `most` entities without a row for each date, reason and category."""
    found: dict[dt.date, list[NonRow]] = {}
    for row in ledger.rows(
        "SELECT * FROM (SELECT *, count(*) OVER same AS number, "  # noqa: S608
        "row_number() OVER (same ORDER BY entity) AS place FROM non_rows "
        f"WHERE {_OF_SEASON} AND entity <> ? "
        "WINDOW same AS (PARTITION BY date, reason, category)) "
        "WHERE place <= ? ORDER BY number DESC, place",
        (*_of_season(table, season), DATE_LEVEL, most),
    ):
        found.setdefault(_date(row["date"]), []).append(_non_row(row, row["number"]))
    return found


def non_row(ledger: Ledger, table: str, date: dt.date, entity: str) -> NonRow | None:
    """Why an entity has no row on a date; None where nothing says so."""
    found = ledger.rows(
        "SELECT * FROM non_rows WHERE table_name = ? AND date = ? AND entity = ?",
        (table, date.isoformat(), entity),
    )
    return _non_row(found[0]) if found else None


def commonest_detail(ledger: Ledger, table: str, date: dt.date, reason: str) -> str:
    """What is said of most of the entities without a row on a date for a reason."""
    found = ledger.rows(
        "SELECT detail FROM non_rows WHERE table_name = ? AND date = ? AND reason = ? "
        "GROUP BY detail ORDER BY count(*) DESC LIMIT 1",
        (table, date.isoformat(), reason),
    )
    return (found[0]["detail"] or "") if found else ""


def _non_row(row: sqlite3.Row, number: int = 1) -> NonRow:
    return NonRow(
        _date(row["date"]),
        row["entity"],
        row["reason"],
        row["detail"] or "",
        row["category"],
        bool(row["can_retry"]),
        number,
    )


def findings(ledger: Ledger, table: str, season: Season) -> list[Finding]:
    """Claims that do not hold, and what breaks the contract, by date."""
    found = ledger.rows(
        f"SELECT * FROM findings WHERE {_OF_SEASON} ORDER BY date, claim",  # noqa: S608
        _of_season(table, season),
    )
    return [finding_of(row) for row in found]


def changed_dates(
    ledger: Ledger, table: str, season: Season, *, is_source: bool
) -> dict[dt.date, ChangedDate]:
    """The run that last changed each date of a table."""
    layer = "raw_partitions" if is_source else "partitions"
    found = ledger.rows(
        f"SELECT date, changed_run, started_at FROM {layer} JOIN runs ON run_id = changed_run "  # noqa: S608
        f"WHERE {_OF_SEASON}",
        _of_season(table, season),
    )
    return {_date(row["date"]): ChangedDate(row["changed_run"], row["started_at"]) for row in found}


# columns


def unusual_columns(ledger: Ledger, season: Season) -> list[UnusualColumn]:
    """Columns of source tables that are unlike themselves somewhere, by table, column and date."""
    found = ledger.rows(
        "SELECT table_name, column_name, date, detail FROM unusual_columns WHERE season = ? "
        "ORDER BY table_name, column_name, date",
        (season.year,),
    )
    return [UnusualColumn(name, column, _date(day), detail) for name, column, day, detail in found]


def column_fill(ledger: Ledger) -> list[ColumnFill]:
    """How filled every column of the source tables is in every season that was checked."""
    found = ledger.rows(
        "SELECT table_name, column_name, season, total(rows) AS rows, total(filled) AS filled "
        "FROM column_months GROUP BY table_name, column_name, season "
        "ORDER BY table_name, column_name, season"
    )
    return [ColumnFill(*row) for row in found]


# pushes


def pushes_done(ledger: Ledger) -> list[PushRun]:
    """The pushes that took effect, newest first."""
    found = ledger.rows(
        "SELECT warehouse, status, dates FROM push_runs WHERE status IN (?, ?) "
        "ORDER BY base_as_of DESC",
        TOOK_EFFECT,
    )
    return [
        PushRun(
            row["warehouse"],
            row["status"],
            {
                table: {kind: tuple(map(_date, days)) for kind, days in kinds.items()}
                for table, kinds in json.loads(row["dates"]).items()
            },
        )
        for row in found
    ]


def last_target(ledger: Ledger) -> str:
    """The place last pushed to; empty where nothing was pushed yet."""
    found = ledger.rows(
        "SELECT warehouse FROM push_runs WHERE status IN (?, ?) ORDER BY base_as_of DESC LIMIT 1",
        TOOK_EFFECT,
    )
    return str(found[0]["warehouse"]) if found else ""


def pushed_dates(
    ledger: Ledger, target: str, season: Season
) -> dict[tuple[str, dt.date], PushedDate]:
    """The dates of a target of pushes as last seen there, by table and date.

    A date is recorded under the place of its table: a folder, or a dataset of the target.
    """
    _, start, end, _ = _of_season("", season)
    found = ledger.rows(
        "SELECT * FROM pushes WHERE (warehouse = ? OR (table_name, warehouse) IN ("
        "SELECT there.table_name, there.warehouse FROM pushes AS there "
        "JOIN push_runs USING (push_id) WHERE push_runs.warehouse = ?)) "
        "AND date >= ? AND date < ?",
        (target, target, start, end),
    )
    return {
        (row["table_name"], _date(row["date"])): PushedDate(
            row["push_id"], row["rows"], row["changed_run"], bool(row["verified"])
        )
        for row in found
    }


def pushed_counts(ledger: Ledger, table: str, season: Season) -> dict[str, int]:
    """Published dates of a table that each place has as they are here."""
    found = ledger.rows(
        "SELECT warehouse, count(*) AS number FROM pushes "
        "JOIN partitions USING (table_name, date, changed_run) "
        "WHERE table_name = ? AND season = ? AND state = 'ok' AND verified "
        "GROUP BY warehouse ORDER BY warehouse",
        (table, season.year),
    )
    return {row["warehouse"]: row["number"] for row in found}


def _date(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def full_read_key(table: str, season: Season, warehouse: str) -> str:
    """Under which name the ledger keeps when a season was last read in full from a warehouse."""
    return f"read in full: {table} {season} of {warehouse}"


def never_pulled(ledger: Ledger, season: Season, table: str = "") -> str:
    """Why there are no rows of a season, of `table` or of all: nobody pulled it, or it has none."""
    prefix = full_read_key(table, season, "") if table else f"{season} of "
    named = f"{table} of {season}" if table else str(season)
    if ledger.rows("SELECT 1 FROM meta WHERE instr(key, ?) > 0 LIMIT 1", (prefix,)):
        return f"the warehouse has no rows of {named}, as of the last pull"
    return f"{named} was never pulled"


BOUNDS = "season bounds"
"""Under which name the ledger keeps where seasons begin and end."""


def bounds_of(ledger: Ledger) -> Bounds:
    """Where seasons begin and end, as the last pulls found it."""
    kept = json.loads(ledger.meta(BOUNDS) or "{}")

    def dates(name: str) -> dict[int, dt.date]:
        return {int(year): dt.date.fromisoformat(day) for year, day in kept.get(name, {}).items()}

    return Bounds(dates("starts"), dates("last"))


def keep_bounds(ledger: Ledger, bounds: Bounds) -> None:
    """Record where seasons begin and end."""
    kept = {
        name: {str(year): day.isoformat() for year, day in sorted(days.items())}
        for name, days in (("starts", bounds.starts), ("last", bounds.last))
    }
    ledger.put("meta", [{"key": BOUNDS, "value": json.dumps(kept)}])
