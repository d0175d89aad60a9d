"""Keys: how the ledger writes a date, and where the rows of a season are."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nba_local.tables.calendar import Season

OF_SEASON = "table_name = ? AND date >= ? AND date < ? AND season = ?"
"""Rows of a table and season, by the index of dates; `of_season` gives the parameters."""


def of_season(table: str, season: Season) -> tuple[str, str, str, int]:
    """The key of a season's dates; the dates, which may be more than it has, are for the index."""
    return (table, f"{season.year}-01-01", f"{season.year + 2}-01-01", season.year)


def date_of(text: str) -> dt.date:
    """A date as the ledger writes it."""
    return dt.date.fromisoformat(text)
