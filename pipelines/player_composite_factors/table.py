"""How a game's circumstances should move a player's points: rest, matchup, pace, usage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from nba_local import Blame, Built, Read, Table, Thresholds
from pipelines import basketball as nba
from pipelines import completeness as due
from pipelines import production, records, sources
from pipelines.numbers import (
    as_cents,
    from_cents,
    rounded_as_python,
    rounded_text,
)
from pipelines.player_composite_factors import scores, texts

if TYPE_CHECKING:
    import datetime as dt

    from pipelines.rules import Rules

NAME = "player_composite_factors"
TABLE = Table(
    doc="One row per listed player and game date: what rest, matchup, pace and usage add or take.",
    unit="teams",
    ready_column="is_production_ready",
    issues_column="data_quality_issues",
    processor="PlayerCompositeFactorsProcessor",
    hindsight_reasons=frozenset({"upstream_missing"}),  # who played without being listed
    blames={
        "upstream_missing": (Blame("upcoming_player_game_context"),),
        "most_rows_are_ready": (Blame(),),
        "matchups_are_known": (Blame("team_defense_zone_analysis"),),
        "columns_vary_within_a_date": (
            Blame("player_shot_zone_analysis", claim="zones_are_known"),
        ),
        "own_data_incomplete": (Blame("player_game_summary", "team", earlier=True), due.LOST_GAME),
        "upstream_player_shot_zone_incomplete": (Blame("player_shot_zone_analysis"),),
        "upstream_team_defense_zone_incomplete": (Blame("team_defense_zone_analysis", "opponent"),),
        "upstream_player_context_incomplete": [
            Blame("upcoming_player_game_context", claim="rows_are_production_ready")
        ],
        "upstream_team_context_incomplete": [
            Blame("upcoming_team_game_context", "opponent", claim="rows_are_production_ready")
        ],
    },
    thresholds=Thresholds(shares=("completeness_percentage",)),
    reads={
        "team_defense_zone_analysis": Read("opponent_team_abbr", "upcoming_player_game_context")
    },
)

KEY = ("date", "player_lookup")

CONTEXT = {
    "days_rest": 0,
    "games_in_last_7_days": 0,
    "minutes_in_last_7_days": 0,
    "avg_minutes_per_game_last_7": 1,
    "back_to_backs_last_14_days": 0,
    "player_age": 0,
    "projected_usage_rate": 2,
    "avg_usage_rate_last_7_games": 2,
    "star_teammates_out": 0,
    "pace_differential": 1,
    "opponent_pace_last_10": 1,
}
"""Numbers read of the context row, with their decimals."""

ZONES = ("paint", "mid_range", "three_pt")

DEFERRED = (
    "referee_favorability_score",
    "look_ahead_pressure_score",
    "travel_impact_score",
    "opponent_strength_score",
)
"""Factors that production has columns for and does not compute: 0.0."""

SCORES = ("shot_zone_mismatch_score", "pace_score", "usage_spike_score")

DEPENDENCIES = {
    "source_player_context": ("nba_analytics.upcoming_player_game_context", 20),
    "source_team_context": ("nba_analytics.upcoming_team_game_context", 5),
    "source_player_shot": ("nba_precompute.player_shot_zone_analysis", 20),
    "source_team_defense": ("nba_precompute.team_defense_zone_analysis", 5),
}
"""Upstream tables by the prefix of their source columns, and production's minimum of rows."""

UPSTREAM = {
    "upstream_player_shot_ready": "upstream_player_shot_zone_incomplete",
    "upstream_team_defense_ready": "upstream_team_defense_zone_incomplete",
    "upstream_player_context_ready": "upstream_player_context_incomplete",
    "upstream_team_context_ready": "upstream_team_context_incomplete",
}
"""Readiness of the row's upstream rows, and the token of each that is not ready (2.7)."""

BOOTSTRAP_MODE_DAYS = 30
"""Days from opening night in which production sets `backfill_bootstrap_mode` here."""


def build(
    player_game_summary: pl.LazyFrame,
    upcoming_player_game_context: pl.LazyFrame,
    upcoming_team_game_context: pl.LazyFrame,
    player_shot_zone_analysis: pl.LazyFrame,
    team_defense_zone_analysis: pl.LazyFrame,
    nbac_schedule: pl.LazyFrame,
    *,
    rules: Rules,
    season: int,
    today: dt.date | None,
) -> Built:
    """The factors of every player listed on a game date of the season, from that date's inputs."""
    settings = rules.of(NAME)
    told, games, days = nba.known_season(
        player_game_summary, nbac_schedule, NAME, rules=rules, season=season, today=today
    )
    box = nba.games_of(told, "player_lookup", "team_abbr", rules, games).cache()
    lost = nba.set_aside(told, games, box, rules)
    in_season = box.pipe(nba.in_season, games, season, rules).cache()
    listed = context(upcoming_player_game_context, days, rules).cache()
    zones = player_shot_zone_analysis.rename({"analysis_date": "date"}).cache()
    defense = team_defense_zone_analysis.rename({"analysis_date": "date"}).cache()
    teams = upcoming_team_game_context.rename({"game_date": "date"}).cache()
    ever = nba.games_in_reach(nbac_schedule, games, season, rules)
    inputs = (upcoming_player_game_context.rename({"game_date": "date"}), teams, zones, defense)
    run = production.run_sources(days, DEPENDENCIES, inputs, rules).cache()
    table = (
        listed.join(
            production.completeness_of(
                listed, ever, in_season, box, rules, due.L10, lost=lost, days=days
            ),
            on=KEY,
            how="left",
        )
        .join(zones_of(zones), on=KEY, how="left")
        .join(defense_of(defense), on=["date", "opponent"], how="left")
        .join(team_contexts(teams), on=["date", "opponent"], how="left")
        .join(run, on="date", how="left")
        .join(nba.opening_night(games), how="cross")
        .with_columns(
            pl.col("has_zones", "has_defense", "has_team", *UPSTREAM).fill_null(value=False),
            is_complete=due.L10.is_ready(settings.readiness_threshold),
        )
        .cache()
    )
    written = table.filter(pl.col("missing").is_null())
    states = nba.states(
        days,
        written,
        written,
        "upcoming_player_game_context",
        run.select("date", "missing") if rules.dependency_minimums else None,
    )
    no_one = pl.LazyFrame(schema=nba.NON_ROWS)
    return Built(
        rows=finished(scores.scored(written, rules), rules),
        non_rows=nba.not_listed(box, listed, upcoming_player_game_context, days)
        if rules.who_played
        else no_one,
        dates=nba.with_teams(states, games, listed, today),
    )


def context(
    upcoming_player_game_context: pl.LazyFrame, days: pl.LazyFrame, rules: Rules
) -> pl.LazyFrame:
    """Who is listed on each computed date, with the numbers of the context as doubles or integers.

    Rows: `date`, `player_lookup`, `team`, `opponent`, ...; one per player and date.
    """
    kept = (
        "universal_player_id",
        "game_id",
        "opponent_team_abbr",
        "back_to_back",
        "is_production_ready",
        "processed_at",
        "data_hash",
    )
    return (
        nba.listed(upcoming_player_game_context, days, *kept, *CONTEXT, rules=rules)
        .with_columns(
            from_cents(as_cents(name, digits), digits).alias(name)
            for name, digits in CONTEXT.items()
            if digits
        )
        .rename(
            {
                "opponent_team_abbr": "opponent",
                "is_production_ready": "upstream_player_context_ready",
            }
        )
    )


def zones_of(zones: pl.LazyFrame) -> pl.LazyFrame:
    """What is taken from a player's shot zone row of the date; rates in percent."""
    return zones.select(
        *KEY,
        "primary_scoring_zone",
        *(from_cents(as_cents(f"{z}_rate_last_10", 2), 2).alias(f"{z}_rate") for z in ZONES),
        zone_updated="processed_at",
        zone_hash="data_hash",
        zone_early="early_season_flag",
        zone_reason="insufficient_data_reason",
        upstream_player_shot_ready="is_production_ready",
        has_zones=pl.lit(value=True),
    )


def defense_of(defense: pl.LazyFrame) -> pl.LazyFrame:
    """What is taken from the opponent's zone defense row; points above the league average."""
    return defense.select(
        "date",
        *(
            from_cents(as_cents(f"{z}_defense_vs_league_avg", 2), 2).alias(f"{z}_defense")
            for z in ZONES
        ),
        "weakest_zone",
        opponent="team_abbr",
        defense_updated="processed_at",
        defense_hash="data_hash",
        upstream_team_defense_ready="is_production_ready",
        has_defense=pl.lit(value=True),
    )


def team_contexts(teams: pl.LazyFrame) -> pl.LazyFrame:
    """What is taken from the opponent's context row."""
    return nba.newest(teams, "team_abbr", "date").select(
        "date",
        opponent="team_abbr",
        team_updated="processed_at",
        team_hash="data_hash",
        upstream_team_context_ready="is_production_ready",
        has_team=pl.lit(value=True),
    )


def finished(table: pl.LazyFrame, rules: Rules) -> pl.LazyFrame:
    """All columns of the contract, not yet in its order; doubles not yet rounded for storage."""
    early = pl.lit(value=False) if rules.flags_null else pl.col("zone_early").fill_null(value=True)
    reason = (
        pl.lit(None, pl.String)
        if rules.flags_null
        else pl.when("has_zones")
        .then("zone_reason")
        .otherwise(pl.lit("No shot zone analysis available"))
    )
    found = pl.sum_horizontal((~absent).cast(pl.Int64) for absent, _ in texts.lacking())
    named_columns = table.with_columns(
        pl.col("fatigue").alias("fatigue_score"),
        *(
            rounded_as_python(pl.col(raw), 1).alias(name)
            for name, raw in zip(SCORES, ("mismatch", "pace", "usage"), strict=True)
        ),
        *(pl.lit(0.0).alias(name) for name in DEFERRED),
        rounded_as_python(pl.col("total"), 2).alias("total_composite_adjustment"),
        texts.fatigue_json().alias("fatigue_context_json"),
        texts.shot_zone_json().alias("shot_zone_context_json"),
        texts.pace_json().alias("pace_context_json"),
        texts.usage_json().alias("usage_context_json"),
        pl.lit(f"v1_4factors{rules.version_suffix}").alias("calculation_version"),
        (found * 20.0).alias("data_completeness_pct"),
        texts.named(texts.lacking(), ", ").alias("missing_data_fields"),
        texts.warnings().alias("warning_details"),
        early.alias("early_season_flag"),
        reason.alias("insufficient_data_reason"),
        pl.col("date").alias("game_date"),
        pl.col("date").alias("analysis_date"),
        all_upstreams_ready=pl.all_horizontal(*UPSTREAM),
    ).with_columns(has_warnings=pl.col("warning_details").is_not_null())
    figures = {
        name: rounded_text(pl.col(name))
        for name in (*SCORES, *DEFERRED, "total_composite_adjustment", "data_completeness_pct")
    }
    flags = {
        name: pl.when(name).then(pl.lit("True")).otherwise(pl.lit("False"))
        for name in ("has_warnings", "early_season_flag")
    }
    plain = (
        "player_lookup",
        "universal_player_id",
        "game_date",
        "game_id",
        "analysis_date",
        "fatigue_score",
        "calculation_version",
        "insufficient_data_reason",
        "missing_data_fields",
        "warning_details",
    )
    hashed = figures | flags | {name: pl.col(name) for name in plain}
    ready = pl.col("is_complete") & pl.col("all_upstreams_ready")
    issues = records.issues(
        records.own_issue(due.L10, pl.col("is_complete"), rules),
        *(pl.when(~pl.col(name)).then(pl.lit(token)) for name, token in UPSTREAM.items()),
    )
    own = (
        *row_source("source_player_context", pl.lit(value=True), "processed_at", "data_hash"),
        *row_source("source_team_context", pl.col("has_team"), "team_updated", "team_hash"),
        *row_source("source_player_shot", pl.col("has_zones"), "zone_updated", "zone_hash"),
        *row_source(
            "source_team_defense", pl.col("has_defense"), "defense_updated", "defense_hash"
        ),
    )
    day = (pl.col("date") - pl.col("opening")).dt.total_days()
    updated = pl.max_horizontal("processed_at", "team_updated", "zone_updated", "defense_updated")
    return records.hashed(named_columns, hashed).select(
        *plain,
        *figures,
        *flags,
        "fatigue_context_json",
        "shot_zone_context_json",
        "pace_context_json",
        "usage_context_json",
        *records.origins(rules, DEPENDENCIES, own),
        pl.col("record_hash").alias("data_hash"),
        *records.readiness(rules, due.L10, ready, issues, bootstrap_mode=day < BOOTSTRAP_MODE_DAYS),
        *UPSTREAM,
        "all_upstreams_ready",
        *records.stamps(updated, "created_at", "processed_at"),
    )


def row_source(prefix: str, exists: pl.Expr, updated: str, hashed: str) -> list[pl.Expr]:
    """Source columns of one upstream row."""
    return list(sources.of_rows(prefix, exists, pl.col(updated), pl.col(hashed)))
