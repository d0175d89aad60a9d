"""What is known of a player on the morning of a game: form, load, team, shot zones."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import polars as pl

from nba_local import Blame, Built, Read, Table, Thresholds
from pipelines import basketball as nba
from pipelines import completeness as due
from pipelines import sources
from pipelines.numbers import (
    as_cents,
    canonical_text,
    digest,
    from_cents,
    python_text,
    rounded_as_python,
    rounded_text,
)

if TYPE_CHECKING:
    from pipelines.rules import Rules, Settings

NAME = "player_daily_cache"
TABLE = Table(
    doc="One row per listed player and game date: his averages, load, team and shot zones so far.",
    processor="PlayerDailyCacheProcessor",
    hindsight_reasons=frozenset({"upstream_missing"}),  # who played without being listed
    blames={
        **dict.fromkeys(
            ("insufficient_history", "incomplete_data", "sources_reach_the_last_game_date"),
            (Blame("player_game_summary", "team", earlier=True),),
        ),
        **dict.fromkeys(
            ("columns_vary_within_a_date", "window_figures_are_known"),
            (Blame("player_game_summary", "team", earlier=True, claim="columns_are_filled"),),
        ),
        **dict.fromkeys(
            ("l5_incomplete", "l10_incomplete", "l7d_incomplete", "l14d_incomplete"),
            (Blame("player_game_summary", "team", earlier=True),),
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
        figures=(
            "points_avg_last_10",
            "points_std_last_10",
            "minutes_avg_last_10",
            "usage_rate_last_10",
            "ts_pct_last_10",
            "assisted_rate_last_10",
        ),
        games=10,
    ),
    reads={"player_shot_zone_analysis": Read(ready=False)},  # C5: a row must be there
)

FEW, GAMES, SEASON_GAMES = 5, 10, 82
"""The three windows; the season is its newest 82 games."""

WINDOWS = (due.L5, due.L10, due.L7D, due.L14D)

TEAM_WINDOW = due.Window("team", games=10)

KEY = ("date", "player_lookup")

NO_TOKEN = pl.lit(None, pl.String)

FAILURES = {
    "incomplete_data": "INCOMPLETE_DATA",
    "insufficient_history": "INSUFFICIENT_DATA",
    "upstream_missing": "MISSING_DEPENDENCY",
}
"""Failure category by reason, under production."""

MEANS = {
    "points_avg_last_5": ("points", 0, FEW),
    "points_avg_last_10": ("points", 0, GAMES),
    "points_avg_season": ("points", 0, SEASON_GAMES),
    "minutes_avg_last_10": ("minutes_played", 1, GAMES),
    "usage_rate_last_10": ("usage_rate", 2, GAMES),
    "ts_pct_last_10": ("ts_pct", 3, GAMES),
    "player_usage_rate_season": ("usage_rate", 2, SEASON_GAMES),
}
"""Averages over his games: source column, its decimals, games of the window."""

TEAM_MEANS = {
    "team_pace_last_10": ("pace", 1, GAMES),
    "team_off_rating_last_10": ("offensive_rating", 2, GAMES),
}
"""Averages over his team's games."""

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
    if rules.season_floor == "opening_night":  # production's ten team games cross seasons
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
    run = run_sources(days, inputs, rules).cache()
    table = (
        listed.pipe(
            nba.as_of,
            form(in_season.filter(took_part()), rules),
            "player_lookup",
            through=rules.as_of == "through_date",
        )
        .drop("game_date")
        .join(team_form(listed, games, team_box, rules), on=["date", "team"], how="left")
        .join(
            due.players_by_rule(listed, ever, in_season, box, rules, *WINDOWS, lost=lost),
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
    absent = non_rows(open_dates.filter(pl.col("reason").is_not_null()), rules, settings)
    if rules.universe == "who_played":  # production knows nobody but who is listed
        absent = pl.concat([absent, nba.not_listed(box, listed, days)])
    return Built(
        rows=finished(written, rules),
        non_rows=absent,
        dates=nba.with_teams(states, games, listed, today),
    )


def took_part() -> pl.Expr:
    """A qualifying game: active, and minutes or points; unknown is no (contract 1.2)."""
    played = (pl.col("minutes_played") > 0) | (pl.col("points") > 0)
    return pl.col("is_active") & played.fill_null(value=False)


def form(played: pl.LazyFrame, rules: Rules) -> pl.LazyFrame:
    """After each qualifying game: the averages of a player, and the games they are made of.

    played: His games of the season. Rows: `player_lookup`, `game_date`; one per game.
    Unit: as the columns of the contract; rounded to four decimals, the assisted share not at all.
    """
    entity = "player_lookup"
    known = pl.all_horizontal(pl.col("fg_makes", "assisted_fg_makes").is_not_null())
    counts = known | (rules.null_zone_rows == "as_zero")
    ordered = nba.numbered(played, entity).with_columns(
        squares=pl.col("points") ** 2,
        makes=pl.when(counts).then("fg_makes"),
        assisted=pl.when(counts).then("assisted_fg_makes"),
    )
    decimals = {column: digits for column, digits, _ in MEANS.values()}
    extra = {"squares": 0, "makes": 0, "assisted": 0}
    totals = nba.running_totals(ordered, entity, decimals | extra)
    for size in (FEW, GAMES, SEASON_GAMES):
        totals = nba.newest_totals(totals, entity, tuple(decimals | extra), size)
    figures = totals.with_columns(
        pl.col("i").add(1).clip(upper_bound=SEASON_GAMES).alias("games_played_season"),
        *(
            nba.mean_of(column, digits, size).alias(name)
            for name, (column, digits, size) in MEANS.items()
        ),
        points_std_last_10=deviation(),
        assisted_rate_last_10=pl.when(pl.col(f"makes_{GAMES}") > 0).then(
            pl.col(f"assisted_{GAMES}") / pl.col(f"makes_{GAMES}")
        ),
    )
    names = (*MEANS, "points_std_last_10")
    return (
        figures.with_columns(rounded(name, rules) for name in names)
        .select(entity, "game_date", "i", *names, "assisted_rate_last_10", "games_played_season")
        .join(origin(ordered, entity, SEASON_GAMES, "game"), on=[entity, "i"])
        .drop("i")
    )


def rounded(name: str, rules: Rules) -> pl.Expr:
    """A figure at four decimals; unknown is NULL, or NaN under `unknown_mean = nan` (1.4, N2)."""
    value = rounded_as_python(pl.col(name), 4)
    return value.fill_null(float("nan")) if rules.unknown_mean == "nan" else value


def deviation() -> pl.Expr:
    """Sample standard deviation of the known points of the newest ten games.

    The variance is a ratio of whole numbers, so that no order of sums matters.
    Null: fewer than two are known.
    """
    n, total = pl.col(f"points_{GAMES}_known"), pl.col(f"points_{GAMES}")
    variance = (n * pl.col(f"squares_{GAMES}") - total**2).cast(pl.Float64) / (n * (n - 1))
    return pl.when(n > 1).then(variance.sqrt())


def origin(ordered: pl.LazyFrame, entity: str, games: int, prefix: str) -> pl.LazyFrame:
    """Of the newest `games` rows after each row: newest stamp, number, digest of hashes (S1, S3).

    ordered: See `basketball.numbered`.
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


def team_form(
    listed: pl.LazyFrame, games: pl.LazyFrame, team_box: pl.LazyFrame, rules: Rules
) -> pl.LazyFrame:
    """Pace and rating of each team's newest ten games before each date; `date`, `team`."""
    entity = "team"
    ordered = nba.numbered(team_box, entity)
    decimals = {column: digits for column, digits, _ in TEAM_MEANS.values()}
    totals = nba.newest_totals(
        nba.running_totals(ordered, entity, decimals), entity, tuple(decimals), GAMES
    )
    after = (
        totals.with_columns(
            nba.mean_of(column, digits, size).alias(name)
            for name, (column, digits, size) in TEAM_MEANS.items()
        )
        .with_columns(rounded(name, rules) for name in TEAM_MEANS)
        .select(entity, "game_date", "i", *TEAM_MEANS)
        .join(origin(ordered, entity, GAMES, "team"), on=[entity, "i"])
        .drop("i")
    )
    grid = listed.select("date", entity).unique()
    known = nba.as_of(grid, after, entity, through=rules.as_of == "through_date")
    required = due.due_of_teams(games, team_box)
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


def run_sources(days: pl.LazyFrame, inputs: tuple[pl.LazyFrame, ...], rules: Rules) -> pl.LazyFrame:
    """Production's source columns per date and what is `missing`; just the dates otherwise."""
    dates = nba.computed_dates(days)
    looking_back = ("source_player_game", "source_team_offense")
    return sources.of_run(
        dates,
        rules,
        *(
            sources.Dependency(prefix, table, rows, minimum, looks_back=prefix in looking_back)
            for (prefix, (table, minimum)), rows in zip(DEPENDENCIES.items(), inputs, strict=True)
        ),
    )


def reason(rules: Rules, settings: Settings) -> pl.Expr:
    """Why a player gets no row, in the order in which production asks; NULL where he gets one.

    Outside its boundary months production drops rows with an incomplete window, and everywhere
    those of players without shot zones.
    """
    drops = rules.unready_rows == "dropped"
    ready = pl.all_horizontal(f"ready_{window.name}" for window in WINDOWS)
    excused = due.in_boundary() | due.in_october()
    return (
        pl.when(drops & ~ready & ~excused)
        .then(pl.lit("incomplete_data"))
        .when(pl.col("games_played_season") < settings.min_games)
        .then(pl.lit("insufficient_history"))
        .when(drops & ~pl.col("has_zones"))
        .then(pl.lit("upstream_missing"))
    )


def non_rows(absent: pl.LazyFrame, rules: Rules, settings: Settings) -> pl.LazyFrame:
    """Listed players without a row (X2; production: contract 1.3)."""
    counted = absent.with_columns(found="games_played_season")
    if rules.unready_rows == "flagged":
        return counted.select(nba.too_few_games("player_lookup", settings.min_games, rules))
    too_few = pl.col("reason") == "insufficient_history"
    texts = {
        "incomplete_data": pl.lit("Incomplete data across windows"),
        "insufficient_history": pl.format("Only {} games played, need 5 minimum", "found"),
        "upstream_missing": pl.lit("No shot zone analysis available"),
    }
    return counted.select(
        "date",
        pl.col("player_lookup").alias("entity"),
        "reason",
        pl.coalesce(
            pl.when(pl.col("reason") == name).then(text) for name, text in texts.items()
        ).alias("detail"),
        pl.when(too_few).then("found").alias("found"),
        pl.when(too_few).then(pl.lit(settings.min_games, pl.Int64)).alias("needed"),
        pl.col("reason").replace_strict(FAILURES).alias("category"),
        pl.lit(value=True).alias("can_retry"),
    )


def issue_tokens() -> pl.Expr:
    """Why a row is not production ready (C5, C7)."""
    late = pl.when(pl.col(due.L10.expected) == 0).then(pl.lit("no_games_expected"))
    windows = [
        pl.when((pl.col(window.expected) > 0) & ~pl.col(f"ready_{window.name}")).then(
            pl.lit(f"{window.name}_incomplete")
        )
        for window in WINDOWS
    ]
    zones = pl.when(~pl.col("has_zones")).then(pl.lit("upstream_player_shot_zone_incomplete"))
    return due.issues(late, *windows, zones)


def is_ready(rules: Rules) -> pl.Expr:
    """`is_production_ready`: a day window that expects nothing does not block a row (C5)."""
    if rules.completeness == "season_rows":
        return pl.all_horizontal(f"ready_{window.name}" for window in WINDOWS)
    free = [
        pl.col(f"ready_{window.name}") | (pl.col(window.expected) == 0)
        for window in (due.L7D, due.L14D)
    ]
    return pl.all_horizontal("ready_l5", "ready_l10", *free, "has_zones")


def finished(table: pl.LazyFrame, rules: Rules) -> pl.LazyFrame:
    """All columns of the contract, not yet in its order; doubles not yet rounded for storage."""
    by_row = rules.source_hash == "row"
    version = pl.lit(f"v1{rules.version_suffix}")
    short = pl.col("games_played_season") < GAMES
    minutes = from_cents(as_cents("avg_minutes_per_game_last_7", 1), 1)
    score = rounded_text(pl.col(due.L5.rounded))
    mean_text = python_text if rules.unknown_mean == "nan" else rounded_text
    hashed = {
        "player_lookup": pl.col("player_lookup"),
        "universal_player_id": pl.col("universal_player_id"),
        "cache_date": pl.col("date"),
        **{name: mean_text(pl.col(name)) for name in (*MEANS, *TEAM_MEANS, "points_std_last_10")},
        "games_played_season": pl.col("games_played_season"),
        **{name: pl.col(name) for name in COPIES},
        "avg_minutes_per_game_last_7": rounded_text(minutes),
        "primary_scoring_zone": pl.col("primary_scoring_zone"),
        **{name: rounded_text(pl.col(name)) for name in ZONE_RATES},
        "assisted_rate_last_10": python_text(pl.col("assisted_rate_last_10")),
        "cache_quality_score": score if by_row else score.fill_null("0"),
        "cache_version": version,
    }
    issues = issue_tokens() if rules.unready_rows == "flagged" else due.issues(NO_TOKEN)
    if by_row:
        origins = [
            *source_of("source_player_game", "game", due.L10),
            *source_of("source_team_offense", "team", TEAM_WINDOW),
            *sources.of_rows(
                "source_upcoming_context",
                pl.lit(value=True),
                pl.col("processed_at"),
                pl.col("data_hash"),
            ),
            *sources.of_rows(
                "source_shot_zone", pl.col("has_zones"), pl.col("zone_updated"), pl.col("zone_hash")
            ),
        ]
    else:
        origins = [pl.col(f"{prefix}_{part}") for prefix in DEPENDENCIES for part in sources.PARTS]
    updated = pl.max_horizontal("game_updated", "team_updated", "processed_at", "zone_updated")
    return table.with_columns(text=canonical_text(hashed)).select(
        "player_lookup",
        "universal_player_id",
        pl.col("date").alias("cache_date"),
        *MEANS,
        *TEAM_MEANS,
        "points_std_last_10",
        "games_played_season",
        *COPIES,
        minutes.alias("avg_minutes_per_game_last_7"),
        "primary_scoring_zone",
        *ZONE_RATES,
        "assisted_rate_last_10",
        *origins,
        digest("text").alias("data_hash"),
        short.alias("early_season_flag"),
        pl.when(short)
        .then(pl.format("Only {} games played, need 10 minimum", "games_played_season"))
        .alias("insufficient_data_reason"),
        *due.readiness_columns(rules, due.L5, is_ready(rules), issues),
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
        updated.alias("created_at"),
        updated.alias("processed_at"),
    )


def source_of(prefix: str, name: str, window: due.Window) -> list[pl.Expr]:
    """Source columns of a row that is made from several rows (S1, S3)."""
    return [
        pl.col(f"{name}_updated").alias(f"{prefix}_last_updated"),
        pl.col(f"{name}_rows").fill_null(0).alias(f"{prefix}_rows_found"),
        pl.col(window.percentage).alias(f"{prefix}_completeness_pct"),
        pl.col(f"{name}_hash").alias(f"{prefix}_hash"),
    ]
