"""What is known of a player on the morning of a game: form, load, team, shot zones."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import polars as pl

from nba_local import Blame, Built, Read, Table, Thresholds
from pipelines import basketball as nba
from pipelines import completeness as due
from pipelines import production, records, sources, windows
from pipelines.numbers import as_cents, from_cents, python_text, rounded_text
from pipelines.player_daily_cache.features import (
    FEATURES,
    GAMES,
    SEASON_GAMES,
    TEAM_FEATURES,
)

if TYPE_CHECKING:
    from pipelines.rules import Rules, Settings

NAME = "player_daily_cache"
WINDOWS = (due.L5, due.L10, due.L7D, due.L14D)

TEAM_WINDOW = due.Window("team", games=10)

ROUNDED = tuple(f.name for f in (*FEATURES, *TEAM_FEATURES) if f.digits)

TABLE = Table(
    doc="One row per listed player and game date: averages, load, team and shot zones so far.",
    unit="teams",
    ready_column="is_production_ready",
    issues_column="data_quality_issues",
    processor="PlayerDailyCacheProcessor",
    hindsight_reasons=frozenset({"upstream_missing"}),  # who played without being listed
    blames={
        **dict.fromkeys(
            ("insufficient_history", "incomplete_data", "sources_reach_the_last_game_date"),
            (Blame("player_game_summary", "team", earlier=True), due.LOST_GAME),
        ),
        **dict.fromkeys(
            ("columns_vary_within_a_date", "window_figures_are_known"),
            (Blame("player_game_summary", "team", earlier=True, claim="columns_are_filled"),),
        ),
        **dict.fromkeys(
            ("l5_incomplete", "l10_incomplete", "l7d_incomplete", "l14d_incomplete"),
            (Blame("player_game_summary", "team", earlier=True), due.LOST_GAME),
        ),
        "upstream_missing": (
            Blame("upcoming_player_game_context"),
            Blame("player_shot_zone_analysis"),
        ),
        "most_rows_are_ready": (Blame(),),
        "upstream_player_shot_zone_incomplete": (Blame("player_shot_zone_analysis"),),
    },
    thresholds=Thresholds(
        shares=tuple(f"{window}_completeness_pct" for window in ("l5", "l10", "l7d", "l14d")),
        figures=tuple(f.name for f in FEATURES if f.last == GAMES),
        games=10,
    ),
    reads={"player_shot_zone_analysis": Read(ready=False)},  # C5: a row must be there
)

KEY = ("date", "player_lookup")

COPIES = (
    "games_in_last_7_days",
    "games_in_last_14_days",
    "minutes_in_last_7_days",
    "minutes_in_last_14_days",
    "back_to_backs_last_14_days",
    "fourth_quarter_minutes_last_7",
    "player_age",
)
"""Whole numbers taken from the context row."""

CONTEXT = (
    "universal_player_id",
    "avg_minutes_per_game_last_7",
    *COPIES,
    "processed_at",
    "data_hash",
)
"""What is read of the context row."""

ZONE_RATES = ("paint_rate_last_10", "three_pt_rate_last_10")
"""Percentages taken from the shot zone row."""

DEPENDENCIES = {
    "source_player_game": ("nba_analytics.player_game_summary", 1000),
    "source_team_offense": ("nba_analytics.team_offense_game_summary", 300),
    "source_upcoming_context": ("nba_analytics.upcoming_player_game_context", 30),
    "source_shot_zone": ("nba_precompute.player_shot_zone_analysis", 30),
}
"""Upstream tables by the prefix of their source columns, and production's minimum of rows."""


def build(
    player_game_summary: pl.LazyFrame,
    team_offense_game_summary: pl.LazyFrame,
    upcoming_player_game_context: pl.LazyFrame,
    player_shot_zone_analysis: pl.LazyFrame,
    nbac_schedule: pl.LazyFrame,
    *,
    rules: Rules,
    season: int,
    today: dt.date | None,
) -> Built:
    """The cache of every player listed on a game date of the season, from games before it."""
    settings = rules.of(NAME)
    told, games, days = nba.known_season(
        player_game_summary, nbac_schedule, NAME, rules=rules, season=season, today=today
    )
    listed = nba.listed(upcoming_player_game_context, days, *CONTEXT, rules=rules).cache()
    box = nba.games_of(told, "player_lookup", "team_abbr", rules, games).cache()
    lost = nba.set_aside(told, games, box, rules)
    in_season = box.pipe(nba.in_season, games, season, rules).cache()
    team_box = nba.games_of(team_offense_game_summary, "team_abbr", "team_abbr", rules, games)
    if not rules.crosses_seasons:  # production's ten team games cross seasons
        team_box = team_box.pipe(nba.in_season, games, season, rules)
    team_box = team_box.rename({"team_abbr": "team"}).cache()
    zones = player_shot_zone_analysis.rename({"analysis_date": "date"}).cache()
    ever = nba.games_in_reach(nbac_schedule, games, season, rules)
    inputs = (
        player_game_summary.rename({"game_date": "date"}),
        team_offense_game_summary.rename({"game_date": "date"}),
        upcoming_player_game_context.rename({"game_date": "date"}),
        zones,
    )
    run = production.run_sources(
        days, DEPENDENCIES, inputs, rules, "source_player_game", "source_team_offense"
    ).cache()
    table = (
        listed.pipe(
            nba.as_of,
            form(in_season.filter(windows.took_part()), rules),
            "player_lookup",
            through=rules.through,
        )
        .drop("game_date")
        .join(team_form(listed, games, days, team_box, rules), on=["date", "team"], how="left")
        .join(
            production.completeness_of(
                listed, ever, in_season, box, rules, *WINDOWS, lost=lost, days=days
            ),
            on=KEY,
            how="left",
        )
        .join(zones_of(zones), on=KEY, how="left")
        .join(run, on="date", how="left")
        .with_columns(
            pl.col("games_played_season").fill_null(0),
            pl.col("has_zones").fill_null(value=False),
            *(
                window.is_ready(settings.readiness_threshold).alias(f"ready_{window.name}")
                for window in WINDOWS
            ),
        )
        .with_columns(reason=reason(rules, settings))
        .cache()
    )
    open_dates = table.filter(pl.col("missing").is_null())
    written = open_dates.filter(pl.col("reason").is_null())
    states = nba.states(
        days,
        written,
        open_dates,
        "upcoming_player_game_context",
        run.select("date", "missing") if rules.dependency_minimums else None,
    )
    absent = open_dates.filter(pl.col("reason").is_not_null()).with_columns(
        found="games_played_season"
    )
    if rules.drops:
        absent = production.cache_non_rows(absent, settings)
    else:
        absent = absent.select(nba.too_few_games("player_lookup", settings.min_games, rules))
    if rules.who_played:  # production knows nobody but who is listed
        absent = pl.concat(
            [absent, nba.not_listed(box, listed, upcoming_player_game_context, days)]
        )
    return Built(
        rows=finished(written, rules),
        non_rows=absent,
        dates=nba.with_teams(states, games, listed, today),
    )


def form(played: pl.LazyFrame, rules: Rules) -> pl.LazyFrame:
    """After each qualifying game: a player's features, and the games they are made of."""
    entity = "player_lookup"
    ordered = nba.numbered(played, entity).cache()
    made = windows.over(ordered, entity, FEATURES, rules)
    games = sources.origin(ordered, entity, SEASON_GAMES, "game")
    return made.join(games, on=[entity, "i"], maintain_order="left").drop("i")


def team_form(
    listed: pl.LazyFrame,
    games: pl.LazyFrame,
    days: pl.LazyFrame,
    team_box: pl.LazyFrame,
    rules: Rules,
) -> pl.LazyFrame:
    """Pace and rating of each team's newest ten games before each date; `date`, `team`."""
    entity = "team"
    ordered = nba.numbered(team_box, entity).cache()
    made = windows.over(ordered, entity, TEAM_FEATURES, rules)
    origin = sources.origin(ordered, entity, GAMES, "team")
    after = made.join(origin, on=[entity, "i"], maintain_order="left").drop("i")
    grid = listed.select("date", entity).unique()
    known = nba.as_of(grid, after, entity, through=rules.through)
    required = due.due_of_teams(games, team_box, nba.unscheduled_of(days))
    return due.complete(known.drop("game_date"), required, entity, TEAM_WINDOW)


def zones_of(zones: pl.LazyFrame) -> pl.LazyFrame:
    """What is taken from a player's shot zone row of the date."""
    return zones.select(
        *KEY,
        "primary_scoring_zone",
        *(from_cents(as_cents(name, 2), 2).alias(name) for name in ZONE_RATES),
        zone_updated="processed_at",
        zone_hash="data_hash",
        has_zones=pl.lit(value=True),
    )


def reason(rules: Rules, settings: Settings) -> pl.Expr:
    """Why a player gets no row, in the order in which production asks; NULL where they get one.

    Outside its boundary months production drops rows with an incomplete window, and everywhere
    those of players without shot zones.
    """
    drops = rules.drops
    ready = pl.all_horizontal(f"ready_{window.name}" for window in WINDOWS)
    excused = records.in_boundary() | records.in_october()
    return (
        pl.when(drops & ~ready & ~excused)
        .then(pl.lit("incomplete_data"))
        .when(pl.col("games_played_season") < settings.min_games)
        .then(pl.lit("insufficient_history"))
        .when(drops & ~pl.col("has_zones"))
        .then(pl.lit("upstream_missing"))
    )


def issue_tokens(rules: Rules) -> pl.Expr:
    """Why a row is not production ready (C5, C7); production names nothing."""
    if rules.drops:
        return records.issues(pl.lit(None, pl.String))
    late = pl.when(pl.col(due.L10.expected) == 0).then(pl.lit("no_games_expected"))
    short = [
        pl.when((pl.col(window.expected) > 0) & ~pl.col(f"ready_{window.name}")).then(
            pl.lit(f"{window.name}_incomplete")
        )
        for window in WINDOWS
    ]
    zones = pl.when(~pl.col("has_zones")).then(pl.lit("upstream_player_shot_zone_incomplete"))
    return records.issues(late, *short, zones)


def is_ready(rules: Rules) -> pl.Expr:
    """`is_production_ready`: a day window that expects nothing does not block a row (C5)."""
    if not rules.counts_due:
        return pl.all_horizontal(f"ready_{window.name}" for window in WINDOWS)
    free = [
        pl.col(f"ready_{window.name}") | (pl.col(window.expected) == 0)
        for window in (due.L7D, due.L14D)
    ]
    return pl.all_horizontal("ready_l5", "ready_l10", *free, "has_zones")


def finished(table: pl.LazyFrame, rules: Rules) -> pl.LazyFrame:
    """All columns of the contract, not yet in its order; doubles not yet rounded for storage."""
    version = pl.lit(f"v1{rules.version_suffix}")
    minutes = from_cents(as_cents("avg_minutes_per_game_last_7", 1), 1)
    score = rounded_text(pl.col(due.L5.rounded))
    mean_text = python_text if rules.nan else rounded_text
    hashed = {
        "player_lookup": pl.col("player_lookup"),
        "universal_player_id": pl.col("universal_player_id"),
        "cache_date": pl.col("date"),
        **{name: mean_text(pl.col(name)) for name in ROUNDED},
        "games_played_season": pl.col("games_played_season"),
        **{name: pl.col(name) for name in COPIES},
        "avg_minutes_per_game_last_7": rounded_text(minutes),
        "primary_scoring_zone": pl.col("primary_scoring_zone"),
        **{name: rounded_text(pl.col(name)) for name in ZONE_RATES},
        "assisted_rate_last_10": python_text(pl.col("assisted_rate_last_10")),
        "cache_quality_score": score if rules.by_row else score.fill_null("0"),
        "cache_version": version,
    }
    own = (
        *sources.of_window("source_player_game", "game", due.L10.percentage),
        *sources.of_window("source_team_offense", "team", TEAM_WINDOW.percentage),
        *sources.of_rows(
            "source_upcoming_context",
            pl.lit(value=True),
            pl.col("processed_at"),
            pl.col("data_hash"),
        ),
        *sources.of_rows(
            "source_shot_zone", pl.col("has_zones"), pl.col("zone_updated"), pl.col("zone_hash")
        ),
    )
    updated = pl.max_horizontal("game_updated", "team_updated", "processed_at", "zone_updated")
    return records.hashed(table, hashed).select(
        "player_lookup",
        "universal_player_id",
        pl.col("date").alias("cache_date"),
        *ROUNDED,
        "games_played_season",
        *COPIES,
        minutes.alias("avg_minutes_per_game_last_7"),
        "primary_scoring_zone",
        *ZONE_RATES,
        "assisted_rate_last_10",
        *records.origins(rules, DEPENDENCIES, own),
        pl.col("record_hash").alias("data_hash"),
        *records.early("games_played_season", GAMES, "Only {} games played, need 10 minimum"),
        *records.readiness(rules, due.L5, is_ready(rules), issue_tokens(rules)),
        *(
            column
            for window in WINDOWS
            for column in (
                window.stored_percentage(rules).alias(f"{window.name}_completeness_pct"),
                pl.col(f"ready_{window.name}").alias(f"{window.name}_is_complete"),
            )
        ),
        pl.all_horizontal(f"ready_{window.name}" for window in WINDOWS).alias(
            "all_windows_complete"
        ),
        version.alias("cache_version"),
        *records.stamps(updated, "created_at", "processed_at"),
    )
