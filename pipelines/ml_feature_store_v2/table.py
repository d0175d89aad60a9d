"""What a model is given about a player before a game: 25 numbers and what they are worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from nba_local import Built, Table
from pipelines import basketball as nba
from pipelines import completeness as due
from pipelines import sources
from pipelines.ml_feature_store_v2 import features, later
from pipelines.ml_feature_store_v2.features import FEATURES
from pipelines.numbers import (
    as_cents,
    canonical_text,
    digest,
    divided,
    from_cents,
    python_text,
    rounded_text,
)
from pipelines.rules import FeatureStoreSettings

if TYPE_CHECKING:
    import datetime as dt

    from pipelines.rules import Rules

NAME = "ml_feature_store_v2"
TABLE = Table(
    doc="One row per player and game: the features a model predicts his points from.",
    volatile=("created_at", "processed_at", "updated_at", "feature_generation_time_ms"),
    # the universe of a date that is over is who played, before that it is who is listed (M1)
    hindsight_rows=True,
    hindsight_reasons=frozenset({"did_not_play", "upstream_missing"}),
    named_lists={"features": "feature_names"},
)

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

DEPENDENCIES = {
    "source_daily_cache": "nba_precompute.player_daily_cache",
    "source_composite": "nba_precompute.player_composite_factors",
    "source_shot_zones": "nba_precompute.player_shot_zone_analysis",
    "source_team_defense": "nba_precompute.team_defense_zone_analysis",
}
"""Upstream tables by the prefix of their source columns."""

UPSTREAM = ("pdc", "pcf", "psza", "tdza")
"""Prefixes of what is taken from them, in the same order."""

TOKENS = (
    "upstream_player_daily_cache_incomplete",
    "upstream_player_composite_factors_incomplete",
    "upstream_player_shot_zone_incomplete",
    "upstream_team_defense_zone_incomplete",
)

MINIMUM_ROWS = 20
"""Upstream rows of a date below which production does not run it."""


def build(
    player_game_summary: pl.LazyFrame,
    team_offense_game_summary: pl.LazyFrame,
    upcoming_player_game_context: pl.LazyFrame,
    player_daily_cache: pl.LazyFrame,
    player_composite_factors: pl.LazyFrame,
    player_shot_zone_analysis: pl.LazyFrame,
    team_defense_zone_analysis: pl.LazyFrame,
    nbac_schedule: pl.LazyFrame,
    *,
    rules: Rules,
    season: int,
    today: dt.date | None,
) -> Built:
    """Features of every player of every game date of the season, as known before its games."""
    settings = rules.of(NAME)
    more = isinstance(settings, FeatureStoreSettings) and settings.feature_set == "v2"
    games = nba.league_games(nbac_schedule, season).cache()
    days = nba.calendar(games, settings, today).cache()
    ever = nba.league_games(nbac_schedule, season, since=season - rules.lookback_seasons)
    box = nba.games_of(player_game_summary, "player_lookup", "team_abbr", rules).cache()
    in_season = box.pipe(nba.in_season, games, season, rules).cache()
    listed = nba.listed(
        upcoming_player_game_context, days, *CONTEXT, *(later.CONTEXT if more else ())
    ).cache()
    team_box = nba.games_of(team_offense_game_summary, "team_abbr", "team_abbr", rules)
    team_box = team_box.pipe(nba.in_season, games, season, rules)
    team_box = team_box.rename({"team_abbr": "team"}).cache()
    upstream = {
        "pdc": player_daily_cache.rename({"cache_date": "date"}).cache(),
        "pcf": player_composite_factors.rename({"game_date": "date"}).drop("analysis_date").cache(),
        "psza": player_shot_zone_analysis.rename({"analysis_date": "date"}).cache(),
        "tdza": team_defense_zone_analysis.rename({"analysis_date": "date"}).cache(),
    }
    run = run_sources(days, upstream, rules).cache()
    driving = drivers(box, listed, days, rules).cache()
    table = (
        driving.join(completeness(driving, ever, in_season, box, rules), on=KEY, how="left")
        .pipe(with_context, listed, games, rules)
        .pipe(with_upstream, upstream)
        .pipe(with_last_games, box if rules.season_floor == "october_first" else in_season)
        .pipe(with_season, in_season, rules)
        .pipe(with_record, team_box)
        .join(run, on="date", how="left")
        .with_columns(is_complete=due.L10.is_ready(settings.readiness_threshold))
    )
    written = table.filter(pl.col("missing").is_null())
    if more:
        written = written.cache().pipe(later.with_later, in_season, team_box, listed)
    driven = driving.join(run.filter(pl.col("missing").is_null()), on="date", how="semi")
    states = nba.states(days, driven, driven, "player_game_summary", missing_of(days, run, rules))
    return Built(
        rows=finished(written, rules, more=more),
        non_rows=absent(driving, listed, box, days, rules),
        dates=nba.with_teams(states, games, driving, today),
    )


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
    if rules.universe == "context_rows":
        return expected
    over = nba.computed_dates(days.filter("is_over"))
    played = box.select("player_lookup", *DRIVING, date="game_date", team="team_abbr")
    return pl.concat(
        [
            played.select(expected.collect_schema().names()).join(over, on="date", how="semi"),
            expected.join(over, on="date", how="anti"),
        ]
    )


def completeness(
    driving: pl.LazyFrame,
    games: pl.LazyFrame,
    in_season: pl.LazyFrame,
    box: pl.LazyFrame,
    rules: Rules,
) -> pl.LazyFrame:
    """Box scores due and found in the newest ten games (C1-C4; production: contract 0.2)."""
    rows, ever = (
        frame.select("player_lookup", "game_date", team="team_abbr") for frame in (in_season, box)
    )
    if rules.completeness == "season_rows":
        return due.as_production(driving, games, rows, ever, due.L10)
    return due.of_players(driving, games, rows, due.L10)


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
    if rules.universe == "context_rows":
        phase = pl.col("season_phase").str.to_lowercase() == "playoffs"
        return joined.with_columns(
            is_home="home_game", is_back_to_back="back_to_back", is_playoff=phase
        )
    yesterday = due.team_dates(games).select(
        "team", date=pl.col("game_date").dt.offset_by("1d"), played_yesterday=pl.lit(value=True)
    )
    side = nba.teams_of(games).rename({"is_home": "plays_home"})
    return (
        joined.join(side, on=["date", "team"], how="left")
        .join(yesterday, on=["date", "team"], how="left")
        .with_columns(
            is_home=pl.coalesce("home_game", "plays_home"),
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


def with_last_games(driving: pl.LazyFrame, played: pl.LazyFrame) -> pl.LazyFrame:
    """Adds the newest ten games before the date, unknown values as 0 (M4).

    `last_games` (how many), `points_0` (newest) to `points_4`, sums of points and free throws,
    mean minutes, and the averages that stand in for the daily cache's.
    """
    entity = "player_lookup"
    units = {"points": 0, "ft_makes": 0, "minutes_played": 1}
    ordered = played.sort(entity, "game_date", "processed_at", "data_hash").with_columns(
        i=pl.int_range(pl.len()).over(entity)
    )
    totals = nba.running_totals(ordered, entity, units)
    for size in (features.TREND_GAMES, LAST_GAMES):
        totals = nba.newest_totals(totals, entity, tuple(units), size)
    count = (pl.col("i") + 1).clip(upper_bound=LAST_GAMES)
    single = [
        (pl.col("points") - pl.col("points").shift(1, fill_value=0).over(entity))
        .shift(n)
        .over(entity)
        .alias(f"points_{n}")
        for n in range(features.TREND_GAMES)
    ]
    form = totals.with_columns(
        *single,
        last_games=count,
        points_last_10=pl.col(f"points_{LAST_GAMES}"),
        free_throws_last_10=pl.col(f"ft_makes_{LAST_GAMES}"),
        minutes_last_10=from_cents(pl.col(f"minutes_played_{LAST_GAMES}"), 1) / count,
        seen_points_avg_last_10=pl.col(f"points_{LAST_GAMES}") / count,
        seen_points_avg_last_5=pl.when(count >= features.TREND_GAMES).then(
            divided(pl.col(f"points_{features.TREND_GAMES}").cast(pl.Float64), features.TREND_GAMES)
        ),
    ).select(
        entity,
        "game_date",
        *(f"points_{n}" for n in range(features.TREND_GAMES)),
        "last_games",
        "points_last_10",
        "free_throws_last_10",
        "minutes_last_10",
        "seen_points_avg_last_10",
        "seen_points_avg_last_5",
    )
    return nba.as_of(driving, form, entity).drop("game_date")


def with_season(driving: pl.LazyFrame, in_season: pl.LazyFrame, rules: Rules) -> pl.LazyFrame:
    """Adds the season's mean points and minutes over all his rows before the date (M4).

    Production's mean minutes keep nine decimals, as the warehouse's AVG of a NUMERIC does.
    """
    entity = "player_lookup"
    ordered = in_season.sort(entity, "game_date", "processed_at", "data_hash").with_columns(
        i=pl.int_range(pl.len()).over(entity)
    )
    totals = nba.running_totals(ordered, entity, {"points": 0, "minutes_played": 1})
    known = pl.col("minutes_played_known")
    minutes = from_cents(pl.col("minutes_played"), 1) / known
    if rules.unknown_mean == "nan":
        nano = (2 * 10**8 * pl.col("minutes_played") + known) // (2 * known)
        minutes = from_cents(nano, 9)
    season = totals.select(
        entity,
        "game_date",
        seen_points_avg_season=pl.when(pl.col("points_known") > 0).then(
            pl.col("points") / pl.col("points_known")
        ),
        minutes_avg_season=pl.when(known > 0).then(minutes),
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


def run_sources(
    days: pl.LazyFrame, upstream: dict[str, pl.LazyFrame], rules: Rules
) -> pl.LazyFrame:
    """Production's source columns per date and what is `missing`; just the dates otherwise."""
    dates = nba.computed_dates(days)
    return sources.of_run(
        dates,
        rules,
        *(
            sources.Dependency(prefix, table, upstream[name], MINIMUM_ROWS)
            for (prefix, table), name in zip(DEPENDENCIES.items(), UPSTREAM, strict=True)
        ),
    )


def missing_of(days: pl.LazyFrame, run: pl.LazyFrame, rules: Rules) -> pl.LazyFrame:
    """What a date without rows lacks: production's short tables, or what drives it (X1)."""
    if rules.dependency_minimums:
        return run.select("date", "missing")
    table = pl.when("is_over").then(pl.lit("player_game_summary"))
    return days.select("date", missing=table.otherwise(pl.lit("upcoming_player_game_context")))


def absent(
    driving: pl.LazyFrame,
    listed: pl.LazyFrame,
    box: pl.LazyFrame,
    days: pl.LazyFrame,
    rules: Rules,
) -> pl.LazyFrame:
    """Who is listed on a date that is over and did not play, or whose box score is missing (X2)."""
    if rules.universe == "context_rows":
        return pl.LazyFrame(schema=nba.NON_ROWS)
    over = nba.computed_dates(days.filter("is_over"))
    there = box.select(date="game_date", team="team_abbr").unique()
    lacking = (
        listed.join(over, on="date", how="semi")
        .join(driving, on=KEY, how="anti")
        .join(there.with_columns(has_box_score=pl.lit(value=True)), on=["date", "team"], how="left")
        .with_columns(pl.col("has_box_score").fill_null(value=False))
    )
    sat_out = lacking.filter("has_box_score").select(
        "date",
        entity="player_lookup",
        reason=pl.lit("did_not_play"),
        detail=pl.lit("no row in player_game_summary on the date"),
        found=pl.lit(None, pl.Int64),
        needed=pl.lit(None, pl.Int64),
        category=pl.lit(None, pl.String),
        can_retry=pl.lit(value=False),
    )
    no_box = lacking.filter(~pl.col("has_box_score")).select(
        nba.no_upstream("player_lookup", "no row of his team in player_game_summary on the date")
    )
    return pl.concat([sat_out, no_box])


def finished(table: pl.LazyFrame, rules: Rules, *, more: bool) -> pl.LazyFrame:
    """All columns of the contract, not yet in its order; doubles not yet rounded for storage."""
    by_row = rules.source_hash == "row"
    names = [feature.name for feature in FEATURES]
    version = pl.lit(f"{version_of(more=more)}{rules.version_suffix}")
    worked_out = table.with_columns(features.calculated(rules)).with_columns(features.quality())
    valued = (
        worked_out.with_columns(features.score(), *(feature.value for feature in FEATURES))
        .with_columns(features.tier())
        .with_columns(*early_flags(rules), *arrays(names, more=more))
    )
    hashed = {
        "player_lookup": pl.col("player_lookup"),
        "universal_player_id": pl.col("universal_player_id"),
        "game_date": pl.col("date"),
        "game_id": pl.col("game_id"),
        "features": pl.col("features_text"),
        "feature_names": pl.col("names_text"),
        "feature_count": pl.col("feature_count"),
        "feature_version": version,
        "feature_quality_score": rounded_text(pl.col("feature_quality_score")),
        "opponent_team_abbr": pl.col("opponent_team_abbr"),
        "is_home": truth("is_home"),
        "days_rest": pl.col("days_rest"),
        "data_source": pl.col("data_source"),
        "early_season_flag": truth("early_season_flag"),
        "insufficient_data_reason": pl.col("insufficient_data_reason"),
    }
    ready = pl.all_horizontal("is_complete", *(f"{prefix}_ready" for prefix in UPSTREAM))
    own = due.own_issue(due.L10, pl.col("is_complete"), rules)
    if rules.unready_rows == "dropped":  # production adds no token for the own window
        own = pl.lit(None, pl.String)
    issues = due.issues(
        own,
        *(
            pl.when(~pl.col(f"{prefix}_ready")).then(pl.lit(token))
            for prefix, token in zip(UPSTREAM, TOKENS, strict=True)
        ),
    )
    if by_row:
        origins = [
            column
            for prefix, name in zip(DEPENDENCIES, UPSTREAM, strict=True)
            for column in sources.of_rows(
                prefix,
                pl.col(f"{name}_exists"),
                pl.col(f"{name}_updated"),
                pl.col(f"{name}_hash"),
            )
        ]
    else:
        origins = [pl.col(f"{prefix}_{part}") for prefix in DEPENDENCIES for part in sources.PARTS]
    known = pl.max_horizontal("context_updated", *(f"{name}_updated" for name in UPSTREAM))
    updated = known.fill_null(pl.col("processed_at"))
    return valued.with_columns(text=canonical_text(hashed)).select(
        "player_lookup",
        "universal_player_id",
        "game_id",
        "opponent_team_abbr",
        "is_home",
        "days_rest",
        "data_source",
        "feature_quality_score",
        "quality_tier",
        "early_season_flag",
        "insufficient_data_reason",
        pl.col("date").alias("game_date"),
        "features",
        "feature_names",
        "feature_count",
        version.alias("feature_version"),
        pl.lit(None, pl.Int64).alias("feature_generation_time_ms"),
        *origins,
        *due.readiness_columns(rules, due.L10, ready, issues),
        digest("text").alias("data_hash"),
        updated.alias("created_at"),
        updated.alias("updated_at"),
    )


def version_of(*, more: bool) -> str:
    """`feature_version` of the feature set, without the suffix of the rules."""
    if more:
        return f"v2_{len(FEATURES) + len(later.NAMES)}features"
    return f"v1_baseline_{len(FEATURES)}"


def arrays(names: list[str], *, more: bool) -> list[pl.Expr]:
    """The features and their names as arrays, and both as Python would print them.

    The warehouse's arrays hold no NULL: of the later features a row names those that are known,
    after the 25 that always are.
    """
    values = [pl.col(name) for name in names]
    texts = [rounded_text(value) for value in values]
    labels = [pl.lit(name) for name in names]
    if more:
        known = [pl.col(later.column(name)) for name in later.NAMES.values()]
        values += known
        texts += [python_text(value) for value in known]
        labels += [
            pl.when(value.is_not_null()).then(pl.lit(name))
            for name, value in zip(later.NAMES.values(), known, strict=True)
        ]
    quoted = [pl.lit("'") + label + pl.lit("'") for label in labels]
    bracket = (pl.lit("["), pl.lit("]"))
    columns = {
        "features": pl.concat_list(values),
        "feature_names": pl.concat_list(labels) if more else pl.lit(names),
        "feature_count": pl.sum_horizontal(value.is_not_null().cast(pl.Int64) for value in values),
        "features_text": bracket[0]
        + pl.concat_str(texts, separator=", ", ignore_nulls=True)
        + bracket[1],
        "names_text": bracket[0]
        + pl.concat_str(quoted, separator=", ", ignore_nulls=True)
        + bracket[1]
        if more
        else pl.lit(str(names)),
    }
    if more:
        for name in ("features", "feature_names"):
            columns[name] = columns[name].list.drop_nulls()
    return [value.alias(name) for name, value in columns.items()]


def early_flags(rules: Rules) -> list[pl.Expr]:
    """Whether the daily cache calls the sample short, and why; NULL under production (E1)."""
    if rules.flags_null:
        flag, reason = pl.lit(None, pl.Boolean), pl.lit(None, pl.String)
    else:
        flag = pl.col("cache_early").fill_null(value=True)
        reason = (
            pl.when("pdc_exists").then("cache_reason").otherwise(pl.lit("No daily cache available"))
        )
    return [flag.alias("early_season_flag"), reason.alias("insufficient_data_reason")]


def truth(name: str) -> pl.Expr:
    """`True` or `False` as Python writes it; NULL where unknown."""
    flag = pl.col(name)
    return pl.when(flag).then(pl.lit("True")).when(~flag).then(pl.lit("False"))
