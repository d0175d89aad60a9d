"""The four scores of a player before a game, raw, and their sum (contract 2.3, 2.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from pipelines.numbers import divided

if TYPE_CHECKING:
    from pipelines.rules import Rules


def scored(table: pl.LazyFrame, rules: Rules) -> pl.LazyFrame:
    """The four scores, their sum and their context texts; raw before they are rounded (2.4)."""
    return (
        table.with_columns(
            fatigue=fatigue(),
            rate=of_zone("rate"),
            defense=of_zone("defense"),
            has_matchup=pl.col("has_zones") & pl.col("has_defense"),
            pace=divided(known("pace_differential", 0.0), 2).clip(-3.0, 3.0),
            usage=usage_spike(rules),
        )
        .with_columns(mismatch=mismatch())
        .with_columns(
            total=divided(pl.col("fatigue") - 100, 20)
            + pl.col("mismatch")
            + pl.col("pace")
            + pl.col("usage")
        )
    )


def known(name: str, default: float) -> pl.Expr:
    """A value of the context, `default` where it is unknown."""
    return pl.col(name).fill_null(default)


def fatigue() -> pl.Expr:
    """Freshness from 0 to 100: 100 less the penalties, 5 more for three days of rest.

    Unknown: as the page says, a day of rest, three games and 200 minutes in a week, age 25.
    """
    late = known("back_to_back", default=False)
    age, pairs = known("player_age", 25), known("back_to_backs_last_14_days", 0)
    steps = (
        pl.when(late).then(-15).when(known("days_rest", 1) >= 3).then(5).otherwise(0),
        pl.when(known("games_in_last_7_days", 3) >= 4).then(-10).otherwise(0),
        pl.when(known("minutes_in_last_7_days", 200) > 240).then(-10).otherwise(0),
        pl.when(known("avg_minutes_per_game_last_7", 30.0) > 35).then(-8).otherwise(0),
        pl.when(pairs >= 2).then(-12).when(pairs == 1).then(-5).otherwise(0),
        pl.when(age >= 35).then(-10).when(age >= 30).then(-5).otherwise(0),
    )
    return (pl.lit(100, pl.Int64) + pl.sum_horizontal(steps)).clip(0, 100).cast(pl.Int64)


def of_zone(what: str) -> pl.Expr:
    """The player's rate or the opponent's defense in their primary zone; the paint's if mixed."""
    zone = pl.col("primary_scoring_zone")
    return (
        pl.when(zone == "mid_range")
        .then(f"mid_range_{what}")
        .when(zone == "perimeter")
        .then(f"three_pt_{what}")
        .otherwise(f"paint_{what}")
    )


def mismatch() -> pl.Expr:
    """The defense where the player shoots most, weighed by how much the player does; -10 to 10.

    0.0 without a shot zone row or the opponent's defense row.
    """
    weight = divided(pl.col("rate").fill_null(50.0), 50).clip(upper_bound=1.0)
    raw = pl.col("defense").fill_null(0.0) * weight
    boosted = pl.when(raw.abs() > 5.0).then(raw * 1.2).otherwise(raw).clip(-10.0, 10.0)
    return pl.when("has_matchup").then(boosted).otherwise(0.0)


def usage_spike(rules: Rules) -> pl.Expr:
    """More plays than of late, more so with star teammates out; -3 to 3 (F2)."""
    projected, average = (
        known("projected_usage_rate", 25.0),
        known("avg_usage_rate_last_7_games", 25.0),
    )
    stars, raw = known("star_teammates_out", 0), (projected - average) * 0.3
    boosted = (
        pl.when((stars >= 2) & (raw > 0))
        .then(raw * 1.3)
        .when((stars == 1) & (raw > 0))
        .then(raw * 1.15)
        .otherwise(raw)
    ).clip(-3.0, 3.0)
    counts = average != 0
    if rules.usage_spike == "unknown_scores_zero":
        counts = counts & pl.all_horizontal(
            pl.col("projected_usage_rate", "avg_usage_rate_last_7_games").is_not_null()
        )
    return pl.when(counts).then(boosted).otherwise(0.0)
