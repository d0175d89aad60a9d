"""Who gets a row, and what is known of them before the game: what features are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from pipelines import basketball as nba
from pipelines import windows
from pipelines.ml_feature_store_v2.features import TREND_GAMES
from pipelines.numbers import as_cents, divided, from_cents
from pipelines.windows import count, past, total

if TYPE_CHECKING:
    from pipelines.rules import Rules
KEY = ("date", "player_lookup")
LAST_GAMES = 10

CACHE = {
    "points_avg_last_5": 1,
    "points_avg_last_10": 1,
    "points_avg_season": 1,
    "points_std_last_10": 2,
    "games_in_last_7_days": 0,
    "paint_rate_last_10": 2,
    "three_pt_rate_last_10": 2,
    "team_pace_last_10": 1,
    "team_off_rating_last_10": 2,
    "minutes_avg_last_10": 1,
}
FACTORS = {
    "fatigue_score": 0,
    "shot_zone_mismatch_score": 1,
    "pace_score": 1,
    "usage_spike_score": 1,
}
ZONES = {"paint_rate_last_10": 2, "mid_range_rate_last_10": 2, "three_pt_rate_last_10": 2}
DEFENSE = {"defensive_rating_last_15": 2, "opponent_pace": 1}
"""Columns taken from the four upstream rows, with their decimals."""

UPSTREAM = ("pdc", "pcf", "psza", "tdza")
"""Prefixes of what is taken from the four upstream tables."""

CONTEXT = (
    "universal_player_id",
    "game_id",
    "opponent_team_abbr",
    "home_game",
    "back_to_back",
    "season_phase",
    "days_rest",
    "opponent_days_rest",
    "player_status",
    "processed_at",
)
"""What is read of the context row."""

NEWEST = (
    *(past(f"points_{n}", pl.col("points").fill_null(0).shift(n)) for n in range(TREND_GAMES)),
    total("points_last_5", "points", last=TREND_GAMES),
    total("points_last_10", "points", last=LAST_GAMES),
    total("free_throws_last_10", "ft_makes", last=LAST_GAMES),
    total("minutes_last_10", "minutes_played", last=LAST_GAMES),
    count("last_games", last=LAST_GAMES),
)
"""What the player's newest games say, unknown values as 0 (M4)."""

SO_FAR = (
    total("season_points", "points"),
    total("points_known", pl.col("points").is_not_null()),
    total("season_minutes", "minutes_played"),
    total("minutes_known", pl.col("minutes_played").is_not_null()),
)
"""What all games of the season so far say."""

DRIVING = ("universal_player_id", "game_id", "opponent_team_abbr", "processed_at")
"""What the row that drives a feature row gives it, beside player, date and team."""


def drivers(
    box: pl.LazyFrame, listed: pl.LazyFrame, days: pl.LazyFrame, rules: Rules
) -> pl.LazyFrame:
    """Who gets a row: who played, once a date is over, else who is listed (M1).

    Rows: `date`, `player_lookup`, `team`, id, game, opponent; one per player and date. Who played
    is not known beforehand: membership of a past date tells it, no feature does.
    """
    expected = listed.select(*KEY, "team", *DRIVING)
    if not rules.who_played:
        return expected
    over = nba.computed_dates(days.filter("is_over"))
    played = box.select("player_lookup", *DRIVING, date="game_date", team="team_abbr")
    return pl.concat(
        [
            played.select(expected.collect_schema().names()).join(over, on="date", how="semi"),
            expected.join(over, on="date", how="anti"),
        ]
    )


def with_context(
    driving: pl.LazyFrame, listed: pl.LazyFrame, games: pl.LazyFrame, rules: Rules
) -> pl.LazyFrame:
    """Adds home, back-to-back, phase, rest and status (M3).

    They come from the context row of the player's own team; where there is none or it does not
    know, home and back-to-back come from the schedule. The phase always does, but for production.
    """
    own = listed.select(
        *KEY,
        "team",
        "home_game",
        "back_to_back",
        "season_phase",
        "days_rest",
        "opponent_days_rest",
        "player_status",
        context_updated="processed_at",
    )
    joined = driving.join(own, on=[*KEY, "team"], how="left")
    if not rules.who_played:
        phase = pl.col("season_phase").str.to_lowercase() == "playoffs"
        return joined.with_columns(
            is_home="home_game", is_back_to_back="back_to_back", is_playoff=phase
        )
    yesterday = nba.team_dates(games).select(
        "team", date=pl.col("game_date").dt.offset_by("1d"), played_yesterday=pl.lit(value=True)
    )
    side = nba.teams_of(games).rename({"is_home": "plays_home"})
    return (
        joined.join(side, on=["date", "team"], how="left")
        .join(yesterday, on=["date", "team"], how="left")
        .with_columns(
            is_home=pl.coalesce("home_game", "plays_home", pl.lit(value=False)),
            is_back_to_back=pl.coalesce(
                "back_to_back", pl.col("played_yesterday").fill_null(value=False)
            ),
        )
    )


def with_upstream(driving: pl.LazyFrame, upstream: dict[str, pl.LazyFrame]) -> pl.LazyFrame:
    """Adds what is taken from the player's rows and the opponent's row, prefixed; see `taken`."""
    return (
        driving.join(
            taken(upstream["pdc"], "pdc", CACHE).join(
                upstream["pdc"].select(
                    *KEY,
                    cache_early="early_season_flag",
                    cache_reason="insufficient_data_reason",
                ),
                on=KEY,
            ),
            on=KEY,
            how="left",
        )
        .join(taken(upstream["pcf"], "pcf", FACTORS), on=KEY, how="left")
        .join(taken(upstream["psza"], "psza", ZONES), on=KEY, how="left")
        .join(
            taken(upstream["tdza"].rename({"team_abbr": "opponent_team_abbr"}), "tdza", DEFENSE),
            on=["date", "opponent_team_abbr"],
            how="left",
        )
        .with_columns(
            pl.col(f"{prefix}_{flag}").fill_null(value=False)
            for prefix in UPSTREAM
            for flag in ("ready", "exists")
        )
    )


def taken(rows: pl.LazyFrame, prefix: str, columns: dict[str, int]) -> pl.LazyFrame:
    """`columns` of an upstream table as doubles, and its readiness, stamp and hash, prefixed."""
    entity = "opponent_team_abbr" if prefix == "tdza" else "player_lookup"
    return rows.select(
        "date",
        entity,
        *(
            from_cents(as_cents(name, digits), digits).alias(f"{prefix}_{name}")
            for name, digits in columns.items()
        ),
        pl.col("is_production_ready").alias(f"{prefix}_ready"),
        pl.col("processed_at").alias(f"{prefix}_updated"),
        pl.col("data_hash").alias(f"{prefix}_hash"),
        pl.lit(value=True).alias(f"{prefix}_exists"),
    )


def with_last_games(driving: pl.LazyFrame, played: pl.LazyFrame, rules: Rules) -> pl.LazyFrame:
    """Adds the newest ten games before the date, unknown values as 0 (M4).

    `last_games` (how many), `points_0` (newest) to `points_4`, sums of points and free throws,
    mean minutes, and the averages that stand in for the daily cache's.
    """
    entity, count = "player_lookup", pl.col("last_games")
    form = windows.over(nba.numbered(played, entity).cache(), entity, NEWEST, rules).with_columns(
        minutes_last_10=pl.col("minutes_last_10") / count,
        seen_points_avg_last_10=pl.col("points_last_10") / count,
        seen_points_avg_last_5=pl.when(count >= TREND_GAMES).then(
            divided(pl.col("points_last_5"), TREND_GAMES)
        ),
    )
    return nba.as_of(driving, form.drop("i", "points_last_5"), entity).drop("game_date")


def with_season(driving: pl.LazyFrame, in_season: pl.LazyFrame, rules: Rules) -> pl.LazyFrame:
    """Adds the season's mean points and minutes over all the player's rows before the date (M4).

    Production's mean minutes keep nine decimals, as the warehouse's AVG of a NUMERIC does.
    """
    entity = "player_lookup"
    totals = windows.over(nba.numbered(in_season, entity).cache(), entity, SO_FAR, rules)
    points, minutes, known = (
        pl.col(name) for name in ("season_points", "season_minutes", "minutes_known")
    )
    average = minutes / known
    if rules.nan:
        tenths, games = (minutes * 10).round().cast(pl.Int64), known.cast(pl.Int64)
        average = from_cents((2 * 10**8 * tenths + games) // (2 * games), 9)
    season = totals.select(
        entity,
        "game_date",
        seen_points_avg_season=pl.when(pl.col("points_known") > 0).then(
            points / pl.col("points_known")
        ),
        minutes_avg_season=pl.when(known > 0).then(average),
    )
    return nba.as_of(driving, season, entity).drop("game_date")


def with_record(driving: pl.LazyFrame, team_box: pl.LazyFrame) -> pl.LazyFrame:
    """Adds the team's games with a known result before the date, and those it won (M7)."""
    record = (
        team_box.filter(pl.col("win_flag").is_not_null())
        .sort("team", "game_date")
        .select(
            "team",
            "game_date",
            team_games=pl.int_range(1, pl.len() + 1).over("team"),
            team_wins=pl.col("win_flag").cast(pl.Int64).cum_sum().over("team"),
        )
    )
    return nba.as_of(driving, record, "team").drop("game_date")
