"""Source columns: what a row was made from, and the dependency minimums of production.

Under `corrected` a row names its own upstream rows (S1-S3). Production names what it counted for
the whole date, and fails a date whose upstream is short (contract 0.3, machinery b.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import polars as pl

from pipelines.rows import as_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipelines.rules import Rules

LOOKBACK_ROWS = 1000
"""Rows that production looks back at, whatever the days it declares."""

PARTS = ("last_updated", "rows_found", "completeness_pct", "hash")
"""The four columns of a source, after its prefix."""


@dataclass(frozen=True, slots=True)
class Dependency:
    """What production counts of one upstream table.

    prefix: Of the source columns. table: As a failure names it. rows: `date`, `processed_at`,
    `data_hash`. minimum: Rows without which the date fails. looks_back: Counts the newest rows up
    to the date, not those of the date.
    """

    prefix: str
    table: str
    rows: pl.LazyFrame
    minimum: int
    looks_back: bool = False


def of_rows(prefix: str, exists: pl.Expr, updated: pl.Expr, digest: pl.Expr) -> Sequence[pl.Expr]:
    """The source columns of a row that has one upstream row or none (S1, S2)."""
    there = exists.cast(pl.Int64)
    return [
        updated.alias(f"{prefix}_last_updated"),
        there.alias(f"{prefix}_rows_found"),
        (there * 100.0).alias(f"{prefix}_completeness_pct"),
        digest.alias(f"{prefix}_hash"),
    ]


def of_run(dates: pl.LazyFrame, rules: Rules, *dependencies: Dependency) -> pl.LazyFrame:
    """Per date the source columns of production and `missing`.

    missing: `Missing: a, b` where tables are short of their minimum, in the order given; NULL
        where none is, and without `dependency_minimums`.
    """
    if rules.source_hash == "row" and not rules.dependency_minimums:
        return dates.select("date", missing=pl.lit(None, pl.String))
    table = reduce(_counted, dependencies, dates.select("date"))
    short = [
        pl.when(pl.col(f"{d.prefix}_rows_found") < d.minimum).then(pl.lit(d.table))
        for d in dependencies
    ]
    names = pl.concat_str(short, separator=", ", ignore_nulls=True)
    return table.with_columns(
        *(pl.lit(100.0).alias(f"{d.prefix}_completeness_pct") for d in dependencies),
        missing=pl.when(names != "", rules.dependency_minimums).then(pl.lit("Missing: ") + names),
    )


def _counted(dates: pl.LazyFrame, dependency: Dependency) -> pl.LazyFrame:
    prefix = dependency.prefix
    newest = pl.col("data_hash").sort_by("processed_at", "data_hash").drop_nulls().last()
    by_date = dependency.rows.group_by("date").agg(
        pl.len().cast(pl.Int64).alias(f"{prefix}_rows_found"),
        pl.col("processed_at").max().alias(f"{prefix}_last_updated"),
        newest.alias(f"{prefix}_hash"),
    )
    if dependency.looks_back:
        so_far = by_date.sort("date").with_columns(
            pl.col(f"{prefix}_rows_found").cum_sum().clip(upper_bound=LOOKBACK_ROWS),
            pl.col(f"{prefix}_last_updated").cum_max(),
        )
        found = as_of(dates, so_far.rename({"date": "game_date"}), None, through=True).drop(
            "game_date"
        )
    else:
        found = dates.join(by_date, on="date", how="left")
    return found.with_columns(pl.col(f"{prefix}_rows_found").fill_null(0))
