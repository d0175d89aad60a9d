"""Diff: two frames of the same table, row by row and cell by cell."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from nba_local.tables.table import Table

RIGHT = "__right"
"""Suffix of the right side's columns where both lie beside each other."""

MOST_CHARACTERS = 60
"""Characters of a value that are shown."""


@dataclass(frozen=True, slots=True)
class CellDiff:
    """A cell that differs: the row's grain, and what each side has."""

    key: Mapping[str, object]
    column: str
    left: str
    right: str


@dataclass(frozen=True, slots=True)
class Tolerance:
    """By how much FLOAT64 may differ: `absolute + relative * |right|`. All else is exact.

    json_by_value: Texts of JSON columns are equal where their values are.
    """

    absolute: float = 0.0
    relative: float = 0.0
    json_by_value: bool = False


EXACT = Tolerance()


@dataclass(frozen=True, slots=True)
class RowDiff:
    """How two frames differ. Rows meet by the grain of their table.

    both: Rows on both sides, beside each other. differs: of those, a flag for each column.
    only_left, only_right: Rows of one side. duplicates: rows beyond the first of their key, left
    and right; one of them is compared.
    """

    grain: tuple[str, ...]
    both: pl.DataFrame
    differs: pl.DataFrame
    only_left: pl.DataFrame
    only_right: pl.DataFrame
    duplicates: tuple[int, int]

    @property
    def columns(self) -> dict[str, int]:
        """Rows by column in which they differ."""
        if not self.both.height:
            return {}
        counts = self.differs.sum().row(0, named=True)
        return {name: n for name, n in counts.items() if n}

    @property
    def changed(self) -> pl.Series:
        """Whether each row of both sides differs somewhere."""
        return self.differs.select(
            pl.any_horizontal(pl.lit(value=False), *self.differs.columns)
        ).to_series()

    def samples(self, per_column: int) -> Iterator[CellDiff]:
        """The first differing cells of each column."""
        for name in self.columns:
            there = self.both.filter(self.differs[name]).head(per_column)
            for row in there.select(*self.grain, name, f"{name}{RIGHT}").iter_rows():
                *key, left, right = row
                yield CellDiff(
                    dict(zip(self.grain, key, strict=True)), name, shown(left), shown(right)
                )


def diff(
    table: Table,
    left: pl.DataFrame,
    right: pl.DataFrame,
    columns: Sequence[str],
    tolerance: Tolerance = EXACT,
) -> RowDiff:
    """How the rows of two frames of `table` differ in `columns`, the grain aside."""
    grain = table.contract.grain
    rest = [name for name in columns if name not in grain]
    ours, theirs = (
        side.select(*grain, *rest).unique(grain, keep="first", maintain_order=True)
        for side in (left, right)
    )
    both = ours.join(theirs, on=grain, how="inner", suffix=RIGHT, nulls_equal=True)
    fields = {field.name: field for field in table.contract.fields}
    if tolerance.json_by_value:
        both = _canonical(both, [name for name in rest if fields[name].type == "JSON"])
    floats = {n for n in rest if fields[n].type == "FLOAT64" and not fields[n].repeated}
    exprs = [_differs(name, tolerance if name in floats else EXACT).alias(name) for name in rest]
    return RowDiff(
        grain=tuple(grain),
        both=both,
        differs=both.select(exprs),
        only_left=ours.join(theirs, on=grain, how="anti", nulls_equal=True),
        only_right=theirs.join(ours, on=grain, how="anti", nulls_equal=True),
        duplicates=(left.height - ours.height, right.height - theirs.height),
    )


def _differs(name: str, tolerance: Tolerance) -> pl.Expr:
    ours, theirs = pl.col(name), pl.col(f"{name}{RIGHT}")
    exact = ours.ne_missing(theirs)
    if not (tolerance.absolute or tolerance.relative):
        return exact
    limit = tolerance.absolute + tolerance.relative * theirs.abs()
    return exact & ~((ours - theirs).abs() <= limit).fill_null(value=False)


def _canonical(both: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """JSON by value: where the texts of a column differ, both are written the same way."""
    for name in names:
        if both.select(pl.col(name).ne_missing(pl.col(f"{name}{RIGHT}")).any()).item():
            both = both.with_columns(
                pl.col(column).map_elements(_plain_json, return_dtype=pl.String)
                for column in (name, f"{name}{RIGHT}")
            )
    return both


def _plain_json(text: str) -> str:
    return json.dumps(json.loads(text), sort_keys=True)


def shown(value: object) -> str:
    """A value as text, cut where it is long."""
    text = "NULL" if value is None else str(value)
    return text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 3]}..."
