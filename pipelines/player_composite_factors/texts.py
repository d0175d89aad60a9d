"""What is said about the scores in words: context texts, warnings, missing fields (2.5, 2.6)."""

from __future__ import annotations

import polars as pl

from pipelines.numbers import python_text, rounded_text
from pipelines.player_composite_factors.scores import known


def fatigue_json() -> pl.Expr:
    """What the fatigue score was made of; its defaults are not those of the score (2.5)."""
    late, rest = known("back_to_back", default=False), known("days_rest", 0)
    games, minutes = known("games_in_last_7_days", 0), known("minutes_in_last_7_days", 0)
    age = known("player_age", 25)
    return json(
        ("days_rest", whole(rest)),
        ("back_to_back", flag(late)),
        ("games_last_7", whole(games)),
        ("minutes_last_7", rounded_text(minutes.cast(pl.Float64))),
        ("avg_minutes_pg_last_7", rounded_text(known("avg_minutes_per_game_last_7", 0.0))),
        ("back_to_backs_last_14", whole(known("back_to_backs_last_14_days", 0))),
        ("player_age", whole(age)),
        (
            "penalties_applied",
            listing(
                ("back_to_back: -15", late),
                ("frequent_games: -10", games >= 4),
                ("heavy_minutes: -10", minutes > 240),
                ("veteran_age: -10", age >= 35),
            ),
        ),
        ("bonuses_applied", listing(("extra_rest: +5", rest >= 3))),
        ("final_score", whole(pl.col("fatigue"))),
    )


def shot_zone_json() -> pl.Expr:
    """What the mismatch was made of, or that a side is missing."""
    unknown = pl.lit("unknown")
    full = json(
        ("player_primary_zone", quoted(pl.coalesce("primary_scoring_zone", unknown))),
        ("primary_zone_frequency", rounded_text(pl.col("rate").fill_null(0.0))),
        ("opponent_weak_zone", quoted(pl.coalesce("weakest_zone", unknown))),
        ("opponent_defense_vs_league", rounded_text(pl.col("defense").fill_null(0.0))),
        ("mismatch_type", band(pl.col("mismatch"), "favorable", "unfavorable", "neutral")),
        ("final_score", python_text(pl.col("mismatch"))),
    )
    return pl.when("has_matchup").then(full).otherwise(pl.lit('{"missing_data": true}'))


def pace_json() -> pl.Expr:
    """What the pace score was made of."""
    differential = known("pace_differential", 0.0)
    return json(
        ("pace_differential", rounded_text(differential)),
        ("opponent_pace_last_10", rounded_text(known("opponent_pace_last_10", 100.0))),
        ("league_avg_pace", pl.lit("100.0")),
        ("pace_environment", band(differential, "fast", "slow", "normal")),
        ("final_score", rounded_text(pl.col("pace"))),
    )


def usage_json() -> pl.Expr:
    """What the usage score was made of; unknown is 0 here, not 25."""
    projected = known("projected_usage_rate", 0.0)
    average = known("avg_usage_rate_last_7_games", 0.0)
    return json(
        ("projected_usage_rate", rounded_text(projected)),
        ("avg_usage_last_7", rounded_text(average)),
        ("usage_differential", python_text(projected - average)),
        ("star_teammates_out", whole(known("star_teammates_out", 0))),
        ("usage_trend", band(projected - average, "spike", "drop", "stable")),
        ("final_score", python_text(pl.col("usage"))),
    )


def json(*values: tuple[str, pl.Expr]) -> pl.Expr:
    """`json.dumps` of Python for a flat object; values are texts that are JSON already."""
    parts = [pl.lit(f'"{name}": ') + value for name, value in values]
    return pl.lit("{") + pl.concat_str(parts, separator=", ") + pl.lit("}")


def whole(value: pl.Expr) -> pl.Expr:
    """JSON of an integer."""
    return value.cast(pl.Int64).cast(pl.String)


def flag(value: pl.Expr) -> pl.Expr:
    """JSON of a truth value."""
    return pl.when(value).then(pl.lit("true")).otherwise(pl.lit("false"))


def quoted(value: pl.Expr) -> pl.Expr:
    """JSON of a text that needs no escapes."""
    return pl.lit('"') + value + pl.lit('"')


def listing(*items: tuple[str, pl.Expr]) -> pl.Expr:
    """JSON of the texts whose condition holds."""
    texts = [pl.when(condition).then(pl.lit(f'"{text}"')) for text, condition in items]
    return pl.lit("[") + pl.concat_str(texts, separator=", ", ignore_nulls=True) + pl.lit("]")


def band(value: pl.Expr, high: str, low: str, between: str) -> pl.Expr:
    """A word for above 2, below -2 or between."""
    word = pl.when(value > 2.0).then(pl.lit(high)).when(value < -2.0).then(pl.lit(low))
    return quoted(word.otherwise(pl.lit(between)))


def warnings() -> pl.Expr:
    """Values that look too large to be true, on the raw scores (2.6); NULL for none."""
    texts = (
        (pl.col("fatigue") < 50, "EXTREME_FATIGUE: Player showing severe fatigue"),
        (pl.col("mismatch").abs() > 8.0, "EXTREME_MATCHUP: Unusual zone mismatch"),
        (pl.col("total").abs() > 12.0, "EXTREME_ADJUSTMENT: Very large composite adjustment"),
    )
    return named(texts, "; ")


def lacking() -> tuple[tuple[pl.Expr, str], ...]:
    """The five things a row needs, and where each is lacking (2.6)."""
    values = ("days_rest", "projected_usage_rate", "pace_differential")
    return (
        *((pl.col(name).is_null(), name) for name in values),
        (~pl.col("has_zones"), "player_shot_zone"),
        (~pl.col("has_defense"), "team_defense_zone"),
    )


def named(items: tuple[tuple[pl.Expr, str], ...], separator: str) -> pl.Expr:
    """The texts whose condition holds, joined; NULL for none."""
    texts = [pl.when(condition).then(pl.lit(text)) for condition, text in items]
    joined = pl.concat_str(texts, separator=separator, ignore_nulls=True)
    return pl.when(joined != "").then(joined)
