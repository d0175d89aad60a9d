"""Columns: how filled each one is, season by season, and which fell silent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from nba_local.storage import queries
from nba_local.storage.rows import ColumnFill
from nba_local.tables.calendar import Season

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nba_local.storage.workspace import Workspace
    from nba_local.tables.table import Table


@dataclass(frozen=True, slots=True)
class Fill:
    """A column: the share of the rows with a value, 0 to 1, by season that is stored.

    is_read: Whether features read it; of a feature table every column counts.
    """

    table: str
    column: str
    is_read: bool
    shares: Mapping[Season, float]

    @property
    def is_empty(self) -> bool:
        """Whether no season has a single value."""
        return not any(self.shares.values())

    @property
    def is_partial(self) -> bool:
        """Whether some seasons have values and others have none."""
        return any(self.shares.values()) and not all(self.shares.values())


def fills(work: Workspace, seasons: Sequence[Season]) -> tuple[Fill, ...]:
    """Every column of every table in `seasons`. Reads the ledger, and published files.

    Of source tables that were not checked yet, nothing is known.
    """
    wanted = {season.year for season in seasons}
    rows = [fill for fill in queries.column_fill(work.ledger) if fill.season in wanted]
    for table in work.registry.features:
        for season in seasons:
            rows += _counted(work, table, season)
    return _by_column(work, rows)


def fills_of(work: Workspace, table: Table, seasons: Sequence[Season]) -> tuple[Fill, ...]:
    """The columns of one table in `seasons`; as `fills`."""
    if not table.is_source:
        return _by_column(work, [row for one in seasons for row in _counted(work, table, one)])
    wanted = {season.year for season in seasons}
    every = queries.column_fill(work.ledger)
    mine = [fill for fill in every if fill.table == table.name and fill.season in wanted]
    return _by_column(work, mine)


def silent(work: Workspace, seasons: Sequence[Season]) -> dict[Season, tuple[Fill, ...]]:
    """Columns of source tables that are NULL all season, and should not be, by season.

    Those that features read, and those that have values in another season that is stored.
    """
    every = _by_column(work, queries.column_fill(work.ledger))
    wanted = [fill for fill in every if fill.is_read or not fill.is_empty]
    return {
        season: tuple(fill for fill in wanted if fill.shares.get(season) == 0) for season in seasons
    }


def _by_column(work: Workspace, rows: Sequence[ColumnFill]) -> tuple[Fill, ...]:
    shares: dict[tuple[str, str], dict[Season, float]] = {}
    for row in rows:
        shares.setdefault((row.table, row.column), {})[Season(row.season)] = row.share
    return tuple(
        Fill(table, column, _is_read(work.registry.tables[table], column), by_season)
        for (table, column), by_season in shares.items()
        if table in work.registry.tables
    )


def _is_read(table: Table, column: str) -> bool:
    return table.source is None or column in table.source.reads


def _counted(work: Workspace, table: Table, season: Season) -> list[ColumnFill]:
    """The columns of published rows; none where nothing is published."""
    rows = work.store.scan(table.layer, table, [season])
    totals = rows.select(pl.len().alias("\0rows"), pl.all().count()).collect()
    number = totals["\0rows"].item()
    if not number:
        return []
    counts = totals.drop("\0rows").row(0, named=True)
    return [ColumnFill(table.name, name, season.year, number, n) for name, n in counts.items()]
