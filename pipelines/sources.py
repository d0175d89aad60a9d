"""Source columns: what a row was made from (S1-S3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from pipelines.numbers import digest

if TYPE_CHECKING:
    from collections.abc import Sequence

PARTS = ("last_updated", "rows_found", "completeness_pct", "hash")
"""The four columns of a source, after its prefix."""


def of_rows(prefix: str, exists: pl.Expr, updated: pl.Expr, digest: pl.Expr) -> Sequence[pl.Expr]:
    """The source columns of a row that has one upstream row or none (S1, S2)."""
    there = exists.cast(pl.Int64)
    return [
        updated.alias(f"{prefix}_last_updated"),
        there.alias(f"{prefix}_rows_found"),
        (there * 100.0).alias(f"{prefix}_completeness_pct"),
        digest.alias(f"{prefix}_hash"),
    ]


def of_window(prefix: str, name: str, percentage: str) -> list[pl.Expr]:
    """The source columns of a row that is made from several rows (S1, S3); see `origin`."""
    return [
        pl.col(f"{name}_updated").alias(f"{prefix}_last_updated"),
        pl.col(f"{name}_rows").fill_null(0).alias(f"{prefix}_rows_found"),
        pl.col(percentage).alias(f"{prefix}_completeness_pct"),
        pl.col(f"{name}_hash").alias(f"{prefix}_hash"),
    ]


def origin(ordered: pl.LazyFrame, entity: str, games: int, prefix: str) -> pl.LazyFrame:
    """Of the newest `games` rows after each row: newest stamp, number, digest of hashes (S1, S3).

    ordered: See `rows.numbered`. Rows: `entity`, `i`, and three columns with `prefix`.
    """
    return (
        ordered.rolling("i", period=f"{games}i", group_by=entity)
        .agg(
            pl.col("processed_at").max().alias(f"{prefix}_updated"),
            pl.len().cast(pl.Int64).alias(f"{prefix}_rows"),
            hashes=pl.col("data_hash").fill_null("NULL").reverse().implode(),
        )
        .with_columns(pl.col("hashes").list.join("|"))
        .with_columns(digest("hashes").alias(f"{prefix}_hash"))
        .drop("hashes")
    )
