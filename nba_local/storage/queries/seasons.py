"""Seasons: which there are, what is done of them, and where they begin and end."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

from nba_local.storage.rows import SeasonRow
from nba_local.tables.calendar import Bounds

if TYPE_CHECKING:
    from nba_local.storage.ledger import Ledger
    from nba_local.tables.calendar import Season


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
            row["finished_at"] or "",
        )
        for row in ledger.rows(
            "SELECT seasons.*, finished_at FROM seasons LEFT JOIN runs USING (run_id)"
        )
    }


def full_read_key(table: str, season: Season, warehouse: str) -> str:
    """Under which name the ledger keeps when a season was last read in full from a warehouse."""
    return f"read in full: {table} {season} of {warehouse}"


def forget_full_read(ledger: Ledger, table: str, season: Season) -> None:
    """Forget that a season was ever read in full: its first pull is undone."""
    prefix = full_read_key(table, season, "")
    ledger.execute("DELETE FROM meta WHERE instr(key, ?) = 1", (prefix,))


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


def season_done(ledger: Ledger, table: str, season: Season) -> SeasonRow | None:
    """What the newest backfill of a season of a table finished; None where none did."""
    return seasons_done(ledger).get((table, season.year))
