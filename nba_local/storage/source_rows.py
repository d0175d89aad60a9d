"""Rows of source tables at hand: those that were just stored need not be read again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nba_local.storage.store import Store
    from nba_local.tables.calendar import Season
    from nba_local.tables.table import Table

MOST_BYTES = 150_000_000
"""Of rows that are kept at hand, about two seasons; more are read from their files again."""

CELL_BYTES = 8
"""What a cell is taken for where its rows are not at hand."""


@dataclass
class SourceRows:
    """Seasons of source tables, in stored order: as they were written by this process, or read."""

    store: Store
    _kept: dict[tuple[str, Season], pl.DataFrame] = field(default_factory=dict)
    _bytes: int = 0

    def keep(self, table: Table, season: Season, months: Sequence[pl.DataFrame]) -> None:
        """Keep all rows of a season, which were just stored, month by month."""
        rows = pl.concat(months) if months else pl.DataFrame(schema=table.contract.polars)
        self._keep(table, season, rows)

    def has_room(self, months: Sequence[pl.DataFrame]) -> bool:
        """Whether so many rows can be kept beside those that are."""
        return self._bytes + sum(month.estimated_size() for month in months) <= MOST_BYTES

    def __contains__(self, key: object) -> bool:
        """Whether the name of a table and a season are at hand."""
        return key in self._kept

    def of(self, table: Table, season: Season) -> pl.DataFrame:
        """All rows of a season of a table. Those that are not at hand are proved by their hash.

        Raises:
            AlteredFileError: A file is missing, altered or was added.
        """
        kept = self._kept.get((table.name, season))
        if kept is None:
            kept = self.store.read("raw", table, [season], hashed=True)
            self._keep(table, season, kept)
        return kept

    def is_large(self, table: Table, season: Season) -> bool:
        """Whether a stored season of a table is, by its cells, too much to be read in one piece."""
        if (table.name, season) in self:
            return False
        rows = self.store.scan("raw", table, [season]).select(pl.len()).collect().item()
        return bool(rows * len(table.contract.columns) * CELL_BYTES > MOST_BYTES)

    def lazy(self, table: Table, season: Season) -> pl.LazyFrame:
        """As `of`, but only the columns that are asked for are read, and files are proved by time.

        Raises:
            AlteredFileError: A file is missing, altered or was added.
        """
        kept = self._kept.get((table.name, season))
        return self.store.scan("raw", table, [season]) if kept is None else kept.lazy()

    def _keep(self, table: Table, season: Season, rows: pl.DataFrame) -> None:
        if self.has_room([rows]):
            self._kept[table.name, season] = rows
            self._bytes += int(rows.estimated_size())

    def forget(self, season: Season) -> None:
        """Let go of a season."""
        for key in [key for key in self._kept if key[1] == season]:
            self._bytes -= int(self._kept.pop(key).estimated_size())
