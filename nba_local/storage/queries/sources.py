"""Sources: pulled files and dates, their claims and their columns."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from nba_local.storage.files import LAYERS
from nba_local.storage.ledger import CONTRACT
from nba_local.storage.queries.keys import date_of
from nba_local.storage.rows import ColumnFill, FileRow, PulledDate, UnusualColumn
from nba_local.tables.calendar import Interval

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nba_local.storage.ledger import Ledger
    from nba_local.tables.calendar import Season

    type Plain = dict[str, Any]


def pulled_tables(ledger: Ledger, season: Season) -> set[str]:
    """The source tables of which a season was pulled."""
    rows = ledger.rows("SELECT DISTINCT table_name FROM raw_files WHERE season = ?", (season.year,))
    return {row["table_name"] for row in rows}


def is_pulled(ledger: Ledger, table: str, season: Season) -> bool:
    """Whether a season of a source table has any pulled file."""
    return bool(raw_hashes(ledger, table, season.year, season.year))


def raw_hashes(ledger: Ledger, table: str, first: int, last: int) -> list[tuple[str, str]]:
    """Month and SHA-256 of the pulled files of a table, seasons `first` to `last`, by month."""
    rows = ledger.rows(
        "SELECT month, sha256 FROM raw_files WHERE table_name = ? AND season BETWEEN ? AND ? "
        "ORDER BY month",
        (table, first, last),
    )
    return [(row["month"], row["sha256"]) for row in rows]


def all_raw_hashes(ledger: Ledger, first: int, last: int) -> list[tuple[str, str, str]]:
    """Table, month and SHA-256 of all pulled files of the seasons, by table and month."""
    rows = ledger.rows(
        "SELECT table_name, month, sha256 FROM raw_files WHERE season BETWEEN ? AND ? "
        "ORDER BY table_name, month",
        (first, last),
    )
    return [(row["table_name"], row["month"], row["sha256"]) for row in rows]


def stored_files(ledger: Ledger, layer: str) -> list[FileRow]:
    """The files of a layer, `raw` or `published`."""
    rows = ledger.rows(
        f"SELECT table_name, season, month, sha256 FROM {LAYERS[layer]}"  # noqa: S608 - ours
    )
    return [FileRow(*row) for row in rows]


def forget_raw_file(ledger: Ledger, table: str, season: Season, month: str) -> None:
    """Delete the record of a month's file."""
    ledger.execute(
        "DELETE FROM raw_files WHERE table_name = ? AND season = ? AND month = ?",
        (table, season.year, month),
    )


def tables_with_rows(ledger: Ledger) -> set[str]:
    """The source tables of which any rows were pulled."""
    rows = ledger.rows("SELECT DISTINCT table_name FROM raw_partitions")
    return {row["table_name"] for row in rows}


def pulled_spans(ledger: Ledger) -> dict[int, Interval]:
    """From the first to the last pulled date of every season, by its first year."""
    rows = ledger.rows(
        "SELECT season, min(date), max(date) FROM raw_partitions GROUP BY season ORDER BY season"
    )
    day = dt.timedelta(days=1)
    return {year: Interval(date_of(first), date_of(last) + day) for year, first, last in rows}


def dates_outside(ledger: Ledger, year: int, within: Interval) -> list[dt.date]:
    """Pulled dates that are recorded under a season and not `within`."""
    rows = ledger.rows(
        "SELECT DISTINCT date FROM raw_partitions WHERE season = ? AND (date < ? OR date >= ?)",
        (year, within.start.isoformat(), within.end.isoformat()),
    )
    return [date_of(row["date"]) for row in rows]


def changed_runs(ledger: Ledger, table: str, season: Season, month: str) -> dict[dt.date, str]:
    """The run that last changed each pulled date of a month of a season of a source table."""
    rows = ledger.rows(
        "SELECT date, changed_run FROM raw_partitions "
        "WHERE table_name = ? AND date >= ? AND date < ? AND season = ?",
        (table, f"{month}-01", f"{month}-99", season.year),
    )
    return {date_of(row["date"]): row["changed_run"] for row in rows}


def pulled_dates(ledger: Ledger, table: str, season: Season) -> list[PulledDate]:
    """The pulled dates of a source table, in order."""
    rows = ledger.rows(
        "SELECT * FROM raw_partitions WHERE table_name = ? AND season = ? ORDER BY date",
        (table, season.year),
    )
    return [
        PulledDate(
            date_of(row["date"]), row["rows"], row["token"], row["warehouse"], row["changed_run"]
        )
        for row in rows
    ]


def dates_changed_since(
    ledger: Ledger, table: str, season: Season, run_id: str
) -> tuple[dt.date, ...]:
    """Pulled dates that changed in a run that began after `run_id` did."""
    rows = ledger.rows(
        "SELECT date FROM raw_partitions JOIN runs ON runs.run_id = changed_run "
        "WHERE table_name = ? AND season = ? "
        "AND started_at > (SELECT started_at FROM runs WHERE run_id = ?) ORDER BY date",
        (table, season.year, run_id),
    )
    return tuple(date_of(row["date"]) for row in rows)


def forget_dates(ledger: Ledger, table: str, season: Season, dates: Iterable[dt.date]) -> None:
    """Delete the records of pulled dates."""
    ledger.executemany(
        "DELETE FROM raw_partitions WHERE table_name = ? AND season = ? AND date = ?",
        [(table, season.year, date.isoformat()) for date in dates],
    )


def mark_checked(ledger: Ledger, table: str, season: Season, as_of: dt.datetime) -> None:
    """Record that all pulled dates of a season are as they were at `as_of`."""
    ledger.execute(
        "UPDATE raw_partitions SET checked_as_of = ? WHERE table_name = ? AND season = ?",
        (as_of.isoformat(), table, season.year),
    )


_MONTH = {
    "raw_files": "month = ?1",
    "raw_partitions": "date LIKE ?1 || '-%'",
    "findings": f"date LIKE ?1 || '-%' AND severity = '{CONTRACT}'",
}
"""Which rows of the ledger belong to a month of a season of a source table."""


def month_of(ledger: Ledger, table: str, season: Season, month: str) -> dict[str, list[Plain]]:
    """All rows of the ledger on a month of a season of a source table, by ledger table."""
    return {
        name: [
            dict(row)
            for row in ledger.rows(
                f"SELECT * FROM {name} WHERE {where} AND table_name = ?2 AND season = ?3",  # noqa: S608
                (month, table, season.year),
            )
        ]
        for name, where in _MONTH.items()
    }


def replace_month(
    ledger: Ledger, table: str, season: Season, month: str, rows: Mapping[str, list[Plain]]
) -> None:
    """Put back what `month_of` gave."""
    for name, where in _MONTH.items():
        ledger.execute(
            f"DELETE FROM {name} WHERE {where} AND table_name = ?2 AND season = ?3",  # noqa: S608
            (month, table, season.year),
        )
        ledger.put(name, rows[name])


EXPECTED = {
    "expected_dates": ("date", "games", "over", "other_games", "others"),
    "expected_sources": ("table_name", "date", "unit", "expected", "found"),
    "expected_missing": ("table_name", "date", "unit", "entity"),
}
"""The ledger's tables of what should be there, and their columns beside the season."""


def expected(ledger: Ledger, season: Season) -> list[list[tuple[Any, ...]]]:
    """What should be there of a season: the rows of each table of `EXPECTED`, by date."""
    return [
        [
            tuple(row)
            for row in ledger.rows(
                f"SELECT {', '.join(columns)} FROM {table} WHERE season = ? ORDER BY date",  # noqa: S608
                (season.year,),
            )
        ]
        for table, columns in EXPECTED.items()
    ]


def last_over(ledger: Ledger, season: Season) -> dt.date | None:
    """The last date of a season with a game that was over when it was pulled."""
    rows = ledger.rows(
        "SELECT max(date) AS date FROM expected_dates WHERE season = ? AND over > 0",
        (season.year,),
    )
    return date_of(rows[0]["date"]) if rows and rows[0]["date"] else None


def replace_expected(
    ledger: Ledger, season: Season, table: str, rows: Iterable[tuple[Any, ...]]
) -> None:
    """Replace what one table of `EXPECTED` says of a season; `rows` begin with the season."""
    ledger.execute(f"DELETE FROM {table} WHERE season = ?", (season.year,))  # noqa: S608 - ours
    ledger.put_many(table, ("season", *EXPECTED[table]), rows)


def claims_ran_on(ledger: Ledger, table: str, season: Season) -> str:
    """Fingerprint of the rows and claims when the claims last ran; empty where they never did."""
    rows = ledger.rows(
        "SELECT fingerprint FROM source_checks WHERE table_name = ? AND season = ?",
        (table, season.year),
    )
    return str(rows[0]["fingerprint"]) if rows else ""


def unusual_columns(ledger: Ledger, season: Season) -> list[UnusualColumn]:
    """Columns of source tables that are unlike themselves somewhere, by table, column and date."""
    rows = ledger.rows(
        "SELECT table_name, column_name, date, detail FROM unusual_columns WHERE season = ? "
        "ORDER BY table_name, column_name, date",
        (season.year,),
    )
    return [UnusualColumn(name, column, date_of(day), detail) for name, column, day, detail in rows]


def column_fill(ledger: Ledger) -> list[ColumnFill]:
    """How filled every column of the source tables is in every season that was checked."""
    rows = ledger.rows(
        "SELECT table_name, column_name, season, total(rows) AS rows, total(filled) AS filled "
        "FROM column_months GROUP BY table_name, column_name, season "
        "ORDER BY table_name, column_name, season"
    )
    return [ColumnFill(*row) for row in rows]


def filled_columns(ledger: Ledger, table: str, season: Season) -> dict[str, set[str]]:
    """The columns of a source table that have a value, by month; empty where it was not checked."""
    rows = ledger.rows(
        "SELECT month, column_name FROM column_months "
        "WHERE table_name = ? AND season = ? AND filled > 0",
        (table, season.year),
    )
    found: dict[str, set[str]] = {}
    for month, column in rows:
        found.setdefault(month, set()).add(column)
    return found
