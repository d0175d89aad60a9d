"""Cells: what a row says, one thing at a time: a column, or one element of the lists in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nba_local.tables.table import Table


@dataclass(frozen=True, slots=True)
class Cell:
    """A column, or the element at `place` of its lists, called `column.element`."""

    name: str
    column: str
    place: int | None = None

    def value(self, suffix: str = "") -> pl.Expr:
        """The value in `column` with that suffix; NULL where a list is shorter."""
        found = pl.col(self.column + suffix)
        return found if self.place is None else found.list.get(self.place, null_on_oob=True)


def cells(table: Table, rows: pl.DataFrame) -> Iterator[Cell]:
    """The compared cells of `rows` of a table, without the grain; named lists element by element.

    An element beyond the last name is called by its place. Lists whose names differ between rows
    are one cell: their places mean different things.
    """
    for column in table.compared:
        if column in table.contract.grain:
            continue
        if column not in table.named_lists or rows.is_empty():
            yield Cell(column, column)
            continue
        naming = rows[table.named_lists[column]]
        if naming.n_unique() != 1:
            yield Cell(column, column)
            continue
        names = naming[0].to_list()
        longest = rows.select(pl.col(column).list.len().max()).item() or 0
        names += [str(place) for place in range(len(names), longest)]
        for place, name in enumerate(names):
            yield Cell(f"{column}.{name}", column, place)
