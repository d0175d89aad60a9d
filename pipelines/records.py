"""What every feature row ends with: hash, sources, early flag, readiness, stamps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from pipelines import sources
from pipelines.numbers import canonical_text, digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pipelines.completeness import Window
    from pipelines.rules import Rules

BOUNDARY_MONTHS = (4, 10, 11)
"""Months that production calls a season boundary."""

OCTOBER, BOOTSTRAP_MODE_DAYS = 10, 30
"""Production sets `backfill_bootstrap_mode` in the first 30 days from 1 October."""


def hashed(table: pl.LazyFrame, values: Mapping[str, pl.Expr]) -> pl.LazyFrame:
    """`table` with `record_hash`, the digest of `values` (see `canonical_text`)."""
    return table.with_columns(hash_text=canonical_text(values)).with_columns(
        record_hash=digest("hash_text")
    )


def origins(rules: Rules, prefixes: Iterable[str], own: Iterable[pl.Expr]) -> list[pl.Expr]:
    """Source columns: the row's `own` upstream rows, or what production counted for the run."""
    if rules.by_row:
        return list(own)
    return [pl.col(f"{prefix}_{part}") for prefix in prefixes for part in sources.PARTS]


def early(sample: str, games: int, text: str, *, known: bool = True) -> tuple[pl.Expr, pl.Expr]:
    """`early_season_flag` and its reason: whether the sample is shorter than `games` (E1).

    text: Of the reason, with `{}` for the games there are.
    known: Where not, both are NULL.
    """
    short = pl.col(sample) < games
    flag = short if known else pl.lit(None, pl.Boolean)
    reason = pl.when(short, known).then(pl.format(text, sample))
    return flag.alias("early_season_flag"), reason.alias("insufficient_data_reason")


def stamps(updated: pl.Expr, *names: str) -> list[pl.Expr]:
    """The columns that say when a row was made: from its inputs, so that bytes repeat."""
    return [updated.alias(name) for name in names]


def own_issue(window: Window, ready: pl.Expr, rules: Rules) -> pl.Expr:
    """Token of a row whose own window is not complete (C7); NULL where it is."""
    nothing_due = (pl.col(window.expected) == 0) & rules.counts_due
    return (
        pl.when(ready)
        .then(pl.lit(None, pl.String))
        .when(nothing_due)
        .then(pl.lit("no_games_expected"))
        .otherwise(pl.lit("own_data_incomplete"))
    )


def issues(*tokens: pl.Expr) -> pl.Expr:
    """The tokens that are known, in their order, as `data_quality_issues`."""
    return pl.concat_list(tokens).list.drop_nulls().alias("data_quality_issues")


def readiness(
    rules: Rules,
    window: Window,
    ready: pl.Expr,
    data_quality_issues: pl.Expr,
    *,
    bootstrap_mode: pl.Expr | None = None,
) -> Sequence[pl.Expr]:
    """The 14 completeness, readiness and breaker columns that all tables share (C2, C7, C8).

    Needs `date` and the columns of `window`.
    bootstrap_mode: Where production sets `backfill_bootstrap_mode`; its October days if not given.
    """
    expected, actual = pl.col(window.expected), pl.col(window.actual)
    never = pl.lit(None, pl.Datetime("us", "UTC"))
    mode = in_october() if bootstrap_mode is None else bootstrap_mode
    return [
        expected.alias("expected_games_count"),
        actual.alias("actual_games_count"),
        window.stored_percentage(rules).alias("completeness_percentage"),
        pl.max_horizontal(expected - actual, 0).alias("missing_games_count"),
        ready.alias("is_production_ready"),
        data_quality_issues.alias("data_quality_issues"),
        never.alias("last_reprocess_attempt_at"),
        pl.lit(0, pl.Int64).alias("reprocess_attempt_count"),
        pl.lit(value=False).alias("circuit_breaker_active"),
        never.alias("circuit_breaker_until"),
        pl.lit(value=False).alias("manual_override_required"),
        in_boundary().alias("season_boundary_detected"),
        (pl.lit(value=False) if rules.counts_due else mode).alias("backfill_bootstrap_mode"),
        pl.lit("processed_successfully").alias("processing_decision_reason"),
    ]


def in_boundary() -> pl.Expr:
    """Whether the date lies in a boundary month."""
    return pl.col("date").dt.month().is_in(BOUNDARY_MONTHS)


def in_october() -> pl.Expr:
    """Whether the date lies in the days that production calls its bootstrap mode."""
    date = pl.col("date").dt
    return (date.month() == OCTOBER) & (date.day() <= BOOTSTRAP_MODE_DAYS)
