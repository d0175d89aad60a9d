"""Distributions: quantiles and null share of every column of a table, month by month."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import polars as pl

from nba_local.tables.cells import cells

if TYPE_CHECKING:
    from nba_local.storage.workspace import Workspace
    from nba_local.tables.calendar import Season
    from nba_local.tables.cells import Cell
    from nba_local.tables.table import Table

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""The ribbon: the middle half within the middle nine tenths, around the median."""

DIGITS = 4
"""Significant digits of a quantile: a picture shows no more."""


def distributions(
    work: Workspace, table: Table, season: Season, *, read_only: bool = False
) -> dict[str, Any]:
    """The columns of `table` that vary or lack values, over the months of `season`.

    read_only: Of a source table only the columns that features read.

    Booleans count as 0 and 1. Of other values than numbers only the null share is known. Left out
    are the key, times, and what says where a row came from. Reads stored files.
    """
    rows = work.store.read(table.layer, table, [season])
    shown = [cell for cell in cells(table, rows) if not _is_provenance(table, cell, rows.schema)]
    if read_only and table.source is not None:
        shown = [cell for cell in shown if cell.column in table.source.reads]
    month = pl.col(table.partition_by).dt.strftime("%Y-%m").alias("month")
    found = rows.group_by(month).agg(pl.len(), *_measures(shown, rows)).sort("month")
    months = found["month"].to_list()
    features = [_feature(number, cell, found) for number, cell in enumerate(shown)]
    return {
        "table": table.name,
        "months": months,
        "rows": found["len"].to_list(),
        "quantiles": QUANTILES,
        "features": [one for one in features if not _is_constant(one)],
        "empty": [one["name"] for one in features if _is_empty(one)],
        "constant": [one["name"] for one in features if _is_constant(one) and not _is_empty(one)],
    }


def _is_provenance(table: Table, cell: Cell, schema: pl.Schema) -> bool:
    kept = schema[cell.column]
    return (
        cell.column in table.key
        or cell.column.startswith("source_")
        or cell.column.endswith("hash")
        or kept.is_temporal()
        or (kept.is_nested() and cell.place is None)
    )


def _measures(shown: list[Cell], rows: pl.DataFrame) -> list[pl.Expr]:
    """Of each column: nulls, and quantiles where it has numbers."""
    found = []
    for number, cell in enumerate(shown):
        value = cell.value()
        found.append(value.null_count().alias(f"{number}.null"))
        if _is_number(cell, rows.schema):
            numbers = value.cast(pl.Float64)
            found += [numbers.quantile(q, "linear").alias(f"{number}.{q}") for q in QUANTILES]
            found += [numbers.drop_nulls().is_in([0.0, 1.0]).all().alias(f"{number}.share")]
            found += [numbers.mean().alias(f"{number}.mean")]
            found += [numbers.min().alias(f"{number}.min"), numbers.max().alias(f"{number}.max")]
        else:
            found.append(value.n_unique().alias(f"{number}.values"))
    return found


def _is_number(cell: Cell, schema: pl.Schema) -> bool:
    kept = schema[cell.column]
    if cell.place is not None and isinstance(kept, pl.List):
        kept = kept.inner  # type: ignore[assignment]
    return kept.is_numeric() or kept == pl.Boolean


def _feature(number: int, cell: Cell, found: pl.DataFrame) -> dict[str, Any]:
    """A column by month: `null` shares 0-1, `ribbon` quantiles in rising order, `mean`.

    is_share: There are only 0 and 1, whose mean says it all.
    """
    shares = found.select(pl.col(f"{number}.null") / pl.col("len")).to_series()
    one: dict[str, Any] = {"name": cell.name, "null": [round(share, DIGITS) for share in shares]}
    if f"{number}.values" in found.columns:
        return one | {"values": found[f"{number}.values"].to_list()}
    quantiles = [found[f"{number}.{q}"].to_list() for q in QUANTILES]
    return one | {
        "ribbon": [[_short(value) for value in month] for month in zip(*quantiles, strict=True)],
        "mean": [_short(value) for value in found[f"{number}.mean"]],
        "is_share": found[f"{number}.share"].all(),
        "range": [_short(found[f"{number}.min"].min()), _short(found[f"{number}.max"].max())],
    }


def _short(value: Any) -> float | None:
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.{DIGITS}g}")


def _is_empty(one: dict[str, Any]) -> bool:
    """Whether a column is NULL on every row of the season."""
    return bool(one["null"]) and set(one["null"]) == {1.0}


def _is_constant(one: dict[str, Any]) -> bool:
    """Whether a column says the same on every row of the season."""
    if len(set(one["null"])) > 1 or one["null"][:1] not in ([0.0], [1.0], []):
        return False
    if "values" in one:
        return max(one["values"], default=1) <= 1
    return bool(one["range"][0] == one["range"][1])
