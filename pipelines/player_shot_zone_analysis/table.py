"""Where a player has shot from over their last 10 and 20 games, as known before a date."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import polars as pl

from nba_local import Blame, Built, Table, Thresholds
from pipelines import basketball as nba
from pipelines import completeness as due
from pipelines import production, records, sources, windows
from pipelines.numbers import canonical_text, digest, rounded_half_even, rounded_text
from pipelines.player_shot_zone_analysis.features import ASSISTS, FEATURES, GAMES, MANY_GAMES, ZONES

if TYPE_CHECKING:
    from pipelines.rules import Rules, Settings

NAME = "player_shot_zone_analysis"
SOURCE = "source_player_game"
"""Prefix of the source columns."""

LAST_20_MINIMUM = 15
"""Games from which the 20-game figures are given."""

MEDIUM_GAMES = 7
"""Games from which a row is of medium quality."""

PAINT, PERIMETER, MID_RANGE = 40.0, 40.0, 35.0
"""Shares of shots (percent) from which a zone is the primary one, in this order of precedence."""

TABLE = Table(
    doc="One row per player and game date: shots by zone and their success, 10 and 20 games back.",
    ready_column="is_production_ready",
    issues_column="data_quality_issues",
    processor="PlayerShotZoneAnalysisProcessor",
    blames={
        **dict.fromkeys(
            (
                "insufficient_history",
                "incomplete_data",
                "own_data_incomplete",
                "sources_reach_the_last_game_date",
            ),
            (Blame("player_game_summary", "team", earlier=True), due.LOST_GAME),
        ),
        **dict.fromkeys(
            ("zones_are_known", "columns_vary_within_a_date"),
            (Blame("player_game_summary", "team", earlier=True, claim="columns_are_filled"),),
        ),
    },
    thresholds=Thresholds(
        shares=("completeness_percentage",),
        figures=(
            "paint_rate_last_10",
            "mid_range_rate_last_10",
            "three_pt_rate_last_10",
            "paint_pct_last_10",
            "mid_range_pct_last_10",
            "three_pt_pct_last_10",
            "paint_attempts_per_game",
            "mid_range_attempts_per_game",
            "three_pt_attempts_per_game",
            "assisted_rate_last_10",
            "unassisted_rate_last_10",
        ),
        games=10,
    ),
)

RATES = tuple(f"{zone}_rate_last_10" for zone in ZONES)
DECIMALS = {
    **dict.fromkeys((*RATES, "paint_rate_last_20"), 2),
    **dict.fromkeys((f"{assist}_rate_last_10" for assist in ASSISTS), 2),
    **dict.fromkeys((*(f"{zone}_pct_last_10" for zone in ZONES), "paint_pct_last_20"), 3),
    **dict.fromkeys((f"{zone}_attempts_per_game" for zone in ZONES), 1),
}
"""The figures, and the decimals each is rounded to."""

COUNTS = ("total_shots_last_10", "games_in_sample_10", "games_in_sample_20")
TEXTS = (
    "player_lookup",
    "universal_player_id",
    "sample_quality_10",
    "sample_quality_20",
    "player_position",
    "primary_scoring_zone",
    "data_quality_tier",
    "calculation_notes",
)
"""Fields of `data_hash` beside `analysis_date` (contract 3.6)."""


def build(
    player_game_summary: pl.LazyFrame,
    nbac_schedule: pl.LazyFrame,
    *,
    rules: Rules,
    season: int,
    today: dt.date | None,
) -> Built:
    """Shot zones of every player on every game date of the season, from their games before it."""
    settings = rules.of(NAME)
    told, games, days = nba.known_season(
        player_game_summary, nbac_schedule, NAME, rules=rules, season=season, today=today
    )
    box = nba.games_of(told, "player_lookup", "team_abbr", rules, games).cache()
    lost = nba.set_aside(told, games, box, rules)
    in_season = box.pipe(nba.in_season, games, season, rules).cache()
    grid = entities(nba.computed_dates(days), in_season, rules).cache()
    form = shooting_form(in_season.filter(took_part()), rules)
    ever = nba.games_in_reach(nbac_schedule, games, season, rules)
    on_team = grid.with_columns(team=pl.lit(None, pl.String))  # everyone here has played before
    complete = production.completeness_of(
        on_team, ever, in_season, box, rules, due.L10, lost=lost, days=days
    )
    table = (
        nba.as_of(grid, form, "player_lookup", through=rules.through)
        .drop("game_date")
        .join(complete, on=["date", "player_lookup"], how="left", maintain_order="left")
        .join(
            production.box_scores_of_run(days, box, SOURCE, rules),
            on="date",
            how="left",
            maintain_order="left",
        )
        .with_columns(
            pl.col("games").fill_null(0), is_ready=due.L10.is_ready(settings.readiness_threshold)
        )
        .with_columns(has_row=has_row(rules, settings))
        .cache()
    )
    written = table.filter("has_row")
    return Built(
        rows=finished(written, rules),
        non_rows=non_rows(table, rules, settings),
        dates=nba.states(days, written, table, "player_game_summary"),
    )


def took_part() -> pl.Expr:
    """A qualifying game: active, and minutes or a shot attempted; unknown is no (contract 3.2)."""
    return windows.took_part("fg_attempts")


def entities(dates: pl.LazyFrame, in_season: pl.LazyFrame, rules: Rules) -> pl.LazyFrame:
    """`date`, `player_lookup` of everyone with a row of the season before the date (P1).

    Production takes players with a qualifying game up to and including the date.
    """
    seen = in_season.filter(took_part()) if rules.through else in_season
    first = seen.group_by("player_lookup").agg(first=pl.col("game_date").min())
    known = pl.col("first") <= pl.col("date") if rules.through else pl.col("first") < pl.col("date")
    return dates.join(first, how="cross").filter(known).select("date", "player_lookup")


def shooting_form(played: pl.LazyFrame, rules: Rules) -> pl.LazyFrame:
    """After each game all that depends on the player's newest games only (contract 3.3).

    Unit: rates in percent, pct as fractions, attempts per counted game; rounded half to even.
    """
    entity = "player_lookup"
    ordered = nba.numbered(played, entity).cache()
    made = windows.over(ordered, entity, FEATURES, rules)
    rows = sources.origin(ordered, entity, MANY_GAMES, "source")
    named = (
        made.join(rows, on=[entity, "i"], maintain_order="left")
        .join(
            ordered.select(entity, "i", "universal_player_id"),
            on=[entity, "i"],
            maintain_order="left",
        )
        .with_columns(figures())
        .with_columns(**labels(rules))
    )
    hashed = {
        **{name: pl.col(name) for name in (*COUNTS, *TEXTS)},
        **{name: rounded_text(pl.col(name)) for name in DECIMALS},
    }
    # `analysis_date` sorts before every other field, so the rest of the text is the game's alone;
    # figures become decimals here, where a row is a game and not a game times a date
    return (
        named.with_columns(hash_rest=canonical_text(hashed))
        .with_columns(pl.col(name).cast(pl.Decimal(38, n)) for name, n in DECIMALS.items())
        .drop("i", *(f.name for f in FEATURES if f.kind in ("share", "per_game", "total")))
    )


def figures() -> list[pl.Expr]:
    """The figures of the contract from the features, rounded half to even."""
    shots, enough = pl.col("shots").cast(pl.Int64), pl.col("games_in_sample_20") >= LAST_20_MINIMUM
    return [
        *(percent(f"{zone}_of_all").alias(f"{zone}_rate_last_10") for zone in ZONES),
        *(percent(f"{assist}_share").alias(f"{assist}_rate_last_10") for assist in ASSISTS),
        *(rounded_half_even(pl.col(f"{z}_made"), 3).alias(f"{z}_pct_last_10") for z in ZONES),
        *(
            rounded_half_even(pl.col(f"{z}_a_game"), 1).alias(f"{z}_attempts_per_game")
            for z in ZONES
        ),
        pl.when(shots > 0).then(shots).alias("total_shots_last_10"),
        pl.when(enough).then(percent("paint_of_all_20")).alias("paint_rate_last_20"),
        pl.when(enough)
        .then(rounded_half_even(pl.col("paint_made_20"), 3))
        .alias("paint_pct_last_20"),
    ]


def labels(rules: Rules) -> dict[str, pl.Expr]:
    """The texts of the contract from the figures."""
    return {
        "primary_scoring_zone": primary_zone(),
        "sample_quality_10": label("games_in_sample_10", excellent=10, good=7, limited=5),
        "sample_quality_20": label(
            "games_in_sample_20", excellent=20, good=rules.last_20_threshold, limited=10
        ),
        "data_quality_tier": tier(),
        "player_position": pl.lit(None, pl.String),
        "calculation_notes": pl.lit(None, pl.String),
    }


def percent(column: str) -> pl.Expr:
    """A share in percent at two decimals, half to even."""
    return rounded_half_even(pl.col(column) * 100.0, 2)


def primary_zone() -> pl.Expr:
    """Where most of a player's shots come from, on the rounded rates; paint wins ties."""
    paint, mid_range, three = (pl.col(rate).fill_null(0.0) for rate in RATES)
    return (
        pl.when((paint == 0) & (mid_range == 0) & (three == 0))
        .then(pl.lit(None, pl.String))
        .when(paint >= PAINT)
        .then(pl.lit("paint"))
        .when(three >= PERIMETER)
        .then(pl.lit("perimeter"))
        .when(mid_range >= MID_RANGE)
        .then(pl.lit("mid_range"))
        .otherwise(pl.lit("balanced"))
    )


def label(column: str, *, excellent: int, good: int, limited: int) -> pl.Expr:
    """Sample quality by number of games."""
    games = pl.col(column)
    return (
        pl.when(games >= excellent)
        .then(pl.lit("excellent"))
        .when(games >= good)
        .then(pl.lit("good"))
        .when(games >= limited)
        .then(pl.lit("limited"))
        .otherwise(pl.lit("insufficient"))
    )


def tier() -> pl.Expr:
    """Quality of a row by the games of its 10-game window."""
    return (
        pl.when(pl.col("games_in_sample_10") >= GAMES)
        .then(pl.lit("high"))
        .when(pl.col("games_in_sample_10") >= MEDIUM_GAMES)
        .then(pl.lit("medium"))
        .otherwise(pl.lit("low"))
    )


def has_row(rules: Rules, settings: Settings) -> pl.Expr:
    """Whether a player gets a row: enough games, and ready where unready rows are dropped.

    Production does not drop unready rows in the boundary months.
    """
    enough = pl.col("games") >= settings.min_games
    if not rules.drops:
        return enough
    return enough & (pl.col("is_ready") | records.in_boundary())


def finished(table: pl.LazyFrame, rules: Rules) -> pl.LazyFrame:
    """All columns of the contract, not yet in its order."""
    issues = records.issues(
        records.own_issue(due.L10, pl.col("is_ready") | (not rules.by_row), rules)
    )
    text = pl.format("analysis_date:{}|{}", pl.col("date").cast(pl.String), "hash_rest")
    own = sources.of_window(SOURCE, "source", due.L10.percentage)
    updated = pl.col("source_updated" if rules.by_row else f"{SOURCE}_last_updated")
    return table.with_columns(hash_text=text).select(
        *TEXTS,
        *DECIMALS,
        *COUNTS,
        pl.col("date").alias("analysis_date"),
        *records.origins(rules, [SOURCE], own),
        digest("hash_text").alias("data_hash"),
        *records.early("games_in_sample_10", GAMES, "Only {} games available, need 10"),
        *records.readiness(rules, due.L10, pl.col("is_ready"), issues),
        *records.stamps(updated, "created_at", "processed_at"),
    )


def non_rows(table: pl.LazyFrame, rules: Rules, settings: Settings) -> pl.LazyFrame:
    """Players without a row: too few games, or (production) incomplete outside boundary months."""
    absent = table.filter(~pl.col("has_row")).with_columns(found=pl.col("games"))
    few = nba.too_few_games("player_lookup", settings.min_games, rules)
    if not rules.drops:
        return absent.select(few)
    dropped = ~pl.col("is_ready") & ~records.in_boundary()
    reasons = pl.concat(
        [
            absent.filter(~dropped).select(few),
            absent.filter(dropped).select(production.incomplete("player_lookup", due.L10)),
        ]
    )
    if rules.failures_of_empty_dates == "kept":
        return reasons
    saved = table.filter("has_row").select("date").unique().with_columns(saved=pl.lit(value=True))
    return (
        reasons.join(saved, on="date", how="left")
        .with_columns(category=pl.when("saved").then("category"))
        .drop("saved")
    )
