"""What a model is given about a player before a game: 25 numbers and what they are worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from nba_local import Blame, Built, Read, Table, Thresholds
from pipelines import basketball as nba
from pipelines import completeness as due
from pipelines import production, records, sources
from pipelines.ml_feature_store_v2 import features, inputs, later, lines
from pipelines.ml_feature_store_v2.features import FEATURES
from pipelines.ml_feature_store_v2.inputs import KEY, UPSTREAM
from pipelines.numbers import (
    python_text,
    rounded_text,
)
from pipelines.rules import FeatureStoreSettings

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from pipelines.rules import Rules

NAME = "ml_feature_store_v2"
TABLE = Table(
    doc="One row per player and game: the features a model predicts their points from.",
    unit="teams",
    ready_column="is_production_ready",
    issues_column="data_quality_issues",
    processor="MLFeatureStoreProcessor",
    volatile=("created_at", "processed_at", "updated_at", "feature_generation_time_ms"),
    # the universe of a date that is over is who played, before that it is who is listed (M1)
    hindsight_rows=True,
    hindsight_reasons=frozenset({"did_not_play", "upstream_missing", nba.SET_ASIDE}),
    named_lists={"features": "feature_names"},
    blames={
        "upstream_missing": (Blame("player_game_summary", "team"),),
        nba.SET_ASIDE: tuple(
            Blame("player_game_summary", claim=claim)
            for claim in ("numbers_are_possible", "a_lookup_is_one_person", "rows_have_a_game")
        ),
        "dates_are_good_enough": (Blame(),),
        "columns_vary_within_a_date": (
            Blame("player_shot_zone_analysis", claim="zones_are_known"),
        ),
        "defaults_are_rare": (
            Blame("player_shot_zone_analysis", claim="zones_are_known"),
            Blame("team_defense_zone_analysis"),
        ),
        "sources_reach_the_last_game_date": (
            Blame("player_game_summary", "team", earlier=True),
            due.LOST_GAME,
        ),
        "incomplete_data": (Blame("player_game_summary", "team", earlier=True), due.LOST_GAME),
        "own_data_incomplete": (Blame("player_game_summary", "team", earlier=True), due.LOST_GAME),
        "upstream_player_daily_cache_incomplete": (Blame("player_daily_cache"),),
        "upstream_player_composite_factors_incomplete": (Blame("player_composite_factors"),),
        "upstream_player_shot_zone_incomplete": (Blame("player_shot_zone_analysis"),),
        "upstream_team_defense_zone_incomplete": (Blame("team_defense_zone_analysis", "opponent"),),
    },
    thresholds=Thresholds(shares=("completeness_percentage",)),
    reads={"team_defense_zone_analysis": Read("opponent_team_abbr")},
)

MINIMUM_ROWS = 20
"""Upstream rows of a date below which production does not run it."""

DEPENDENCIES = {
    "source_daily_cache": ("nba_precompute.player_daily_cache", MINIMUM_ROWS),
    "source_composite": ("nba_precompute.player_composite_factors", MINIMUM_ROWS),
    "source_shot_zones": ("nba_precompute.player_shot_zone_analysis", MINIMUM_ROWS),
    "source_team_defense": ("nba_precompute.team_defense_zone_analysis", MINIMUM_ROWS),
}
"""Upstream tables by the prefix of their source columns, and production's minimum of rows."""

SETS = {
    "v1": (),
    "v2": (*later.NAMES.values(),),
    "v3": (*later.NAMES.values(), *lines.NAMES.values()),
}
"""What each feature set has after the 25 of the baseline, in order."""

TOKENS = (
    "upstream_player_daily_cache_incomplete",
    "upstream_player_composite_factors_incomplete",
    "upstream_player_shot_zone_incomplete",
    "upstream_team_defense_zone_incomplete",
)


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
    chosen = settings.feature_set if isinstance(settings, FeatureStoreSettings) else "v1"
    more = SETS[chosen]
    told, games, days = nba.known_season(
        player_game_summary, nbac_schedule, NAME, rules=rules, season=season, today=today
    )
    ever = nba.games_in_reach(nbac_schedule, games, season, rules)
    box = nba.games_of(told, "player_lookup", "team_abbr", rules, games).cache()
    lost = nba.set_aside(told, games, box, rules)
    in_season = box.pipe(nba.in_season, games, season, rules).cache()
    listed = nba.listed(
        upcoming_player_game_context,
        days,
        *inputs.CONTEXT,
        *(later.CONTEXT if more else ()),
        *(lines.CONTEXT if chosen == "v3" else ()),
        rules=rules,
    ).cache()
    team_box = nba.games_of(team_offense_game_summary, "team_abbr", "team_abbr", rules, games)
    team_box = team_box.pipe(nba.in_season, games, season, rules)
    team_box = team_box.rename({"team_abbr": "team"}).cache()
    upstream = {
        "pdc": player_daily_cache.rename({"cache_date": "date"}).cache(),
        "pcf": player_composite_factors.rename({"game_date": "date"}).drop("analysis_date").cache(),
        "psza": player_shot_zone_analysis.rename({"analysis_date": "date"}).cache(),
        "tdza": team_defense_zone_analysis.rename({"analysis_date": "date"}).cache(),
    }
    run = production.run_sources(days, DEPENDENCIES, list(upstream.values()), rules).cache()
    driving = inputs.drivers(box, listed, days, rules).cache()
    table = (
        driving.join(
            production.completeness_of(
                driving, ever, in_season, box, rules, due.L10, lost=lost, days=days
            ),
            on=KEY,
            how="left",
        )
        .pipe(inputs.with_context, listed, games, rules)
        .pipe(inputs.with_upstream, upstream)
        .pipe(inputs.with_last_games, box if rules.crosses_seasons else in_season, rules)
        .pipe(inputs.with_season, in_season, rules)
        .pipe(inputs.with_record, team_box)
        .join(run, on="date", how="left")
        .with_columns(is_complete=due.L10.is_ready(settings.readiness_threshold))
    )
    written = table.filter(pl.col("missing").is_null())
    if more:
        written = written.cache().pipe(later.with_later, in_season, team_box, listed)
    if chosen == "v3":
        written = written.cache().pipe(lines.with_lines, in_season, listed)
    driven = driving.join(run.filter(pl.col("missing").is_null()), on="date", how="semi")
    states = nba.states(days, driven, driven, "player_game_summary", missing_of(days, run, rules))
    return Built(
        rows=finished(written, rules, chosen),
        non_rows=absent(driving, listed, told, box, days, rules),
        dates=nba.with_teams(states, games, driving, today),
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
    told: pl.LazyFrame,
    box: pl.LazyFrame,
    days: pl.LazyFrame,
    rules: Rules,
) -> pl.LazyFrame:
    """Who is listed on a date that is over and has no box score that counts (X2, A1, A4)."""
    if not rules.who_played:
        return pl.LazyFrame(schema=nba.NON_ROWS)
    over = nba.computed_dates(days.filter("is_over"))
    there = box.select(date="game_date", team="team_abbr").unique()
    without = listed.join(over, on="date", how="semi").join(driving, on=KEY, how="anti")
    aside = without.join(
        told.select("player_lookup", date="game_date").unique(), on=[*KEY], how="semi"
    ).select(
        nba.no_upstream(
            "player_lookup", nba.WAS_SET_ASIDE.format("player_game_summary"), nba.SET_ASIDE
        )
    )
    lacking = (
        without.join(aside.select("date", player_lookup="entity"), on=KEY, how="anti")
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
    return pl.concat([sat_out, no_box, aside])


def finished(table: pl.LazyFrame, rules: Rules, chosen: str) -> pl.LazyFrame:
    """All columns of the contract, not yet in its order; doubles not yet rounded for storage."""
    names = [feature.name for feature in FEATURES]
    version = pl.lit(f"{version_of(chosen)}{rules.version_suffix}")
    worked_out = table.with_columns(features.calculated(rules)).with_columns(features.quality())
    valued = (
        worked_out.with_columns(features.score(), *(feature.value for feature in FEATURES))
        .with_columns(features.tier())
        .with_columns(*early_flags(rules), *arrays(names, SETS[chosen]))
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
    own = records.own_issue(due.L10, pl.col("is_complete"), rules)
    if rules.drops:  # production adds no token for the own window
        own = pl.lit(None, pl.String)
    issues = records.issues(
        own,
        *(
            pl.when(~pl.col(f"{prefix}_ready")).then(pl.lit(token))
            for prefix, token in zip(UPSTREAM, TOKENS, strict=True)
        ),
    )
    own_rows = (
        column
        for prefix, name in zip(DEPENDENCIES, UPSTREAM, strict=True)
        for column in sources.of_rows(
            prefix,
            pl.col(f"{name}_exists"),
            pl.col(f"{name}_updated"),
            pl.col(f"{name}_hash"),
        )
    )
    known = pl.max_horizontal("context_updated", *(f"{name}_updated" for name in UPSTREAM))
    updated = known.fill_null(pl.col("processed_at"))
    return records.hashed(valued, hashed).select(
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
        *records.origins(rules, DEPENDENCIES, own_rows),
        *records.readiness(rules, due.L10, ready, issues),
        pl.col("record_hash").alias("data_hash"),
        *records.stamps(updated, "created_at", "updated_at"),
    )


def version_of(chosen: str) -> str:
    """`feature_version` of a feature set, without the suffix of the rules."""
    if more := SETS[chosen]:
        return f"{chosen}_{len(FEATURES) + len(more)}features"
    return f"v1_baseline_{len(FEATURES)}"


def arrays(names: list[str], more: Sequence[str]) -> list[pl.Expr]:
    """The features and their names as arrays, and both as Python would print them.

    The warehouse's arrays hold no NULL: of `more` features a row names those that are known, after
    the 25 that always are.
    """
    values = [pl.col(name) for name in names]
    texts = [rounded_text(value) for value in values]
    labels = [pl.lit(name) for name in names]
    if more:
        known = [pl.col(later.column(name)) for name in more]
        values += known
        texts += [python_text(value) for value in known]
        labels += [
            pl.when(value.is_not_null()).then(pl.lit(name))
            for name, value in zip(more, known, strict=True)
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
