"""How a team has defended each shot zone over its last 15 games, as known before a date."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import polars as pl

from nba_local import Blame, Built, Table, Thresholds
from pipelines import basketball as nba
from pipelines import completeness as due
from pipelines import production, records, sources, windows
from pipelines.numbers import exact_sum, python_text
from pipelines.team_defense_zone_analysis.features import FEATURES, GAMES, ZONES

if TYPE_CHECKING:
    from pipelines.rules import Rules, Settings

NAME = "team_defense_zone_analysis"
SOURCE = "source_team_defense"
"""Prefix of the source columns."""

MEDIUM_GAMES = 10
"""Games from which a row is of medium quality."""

LEAGUE_DAYS, LEAGUE_GAMES, LEAGUE_TEAMS = 30, 10, 10
"""League average: days back, rows a team needs, teams a zone needs (T3)."""


TABLE = Table(
    doc="One row per team and game date: what opponents did against it per zone, 15 games back.",
    unit="teams",
    ready_column="is_production_ready",
    issues_column="data_quality_issues",
    processor="TeamDefenseZoneAnalysisProcessor",
    blames={
        **dict.fromkeys(
            (
                "insufficient_history",
                "incomplete_data",
                "own_data_incomplete",
                "sources_reach_the_last_game_date",
            ),
            (Blame("team_defense_game_summary", earlier=True), due.LOST_GAME),
        ),
        **dict.fromkeys(
            ("zones_are_known", "columns_vary_within_a_date"),
            (Blame("team_defense_game_summary", earlier=True, claim="columns_are_filled"),),
        ),
    },
    thresholds=Thresholds(
        shares=("completeness_percentage",),
        figures=(
            *(f.name for f in FEATURES if f.kind != "count"),
            *(f"{z.name}_defense_vs_league_avg" for z in ZONES),
        ),
        games=15,
    ),
)

TEXTS = ("team_abbr", "strongest_zone", "weakest_zone", "data_quality_tier", "calculation_notes")
DOUBLES = (
    *(
        f"{z.name}_{column}"
        for z in ZONES
        for column in (
            "pct_allowed_last_15",
            "attempts_allowed_per_game",
            "blocks_per_game",
            "defense_vs_league_avg",
        )
    ),
    "paint_points_allowed_per_game",
    "defensive_rating_last_15",
    "opponent_points_per_game",
    "opponent_pace",
)
"""Fields of `data_hash` beside `analysis_date` and `games_in_sample` (contract 2.6)."""


def build(
    team_defense_game_summary: pl.LazyFrame,
    nbac_schedule: pl.LazyFrame,
    *,
    rules: Rules,
    season: int,
    today: dt.date | None,
) -> Built:
    """Zone defense of every team on every game date of the season, from its games before it."""
    settings = rules.of(NAME)
    told, games, days = nba.known_season(
        team_defense_game_summary, nbac_schedule, NAME, rules=rules, season=season, today=today
    )
    history = box_scores(told, rules, games)
    in_season = history.pipe(nba.in_season, games, season, rules)
    ordered = nba.numbered(in_season, "team").cache()
    grid = nba.computed_dates(days).join(teams_of(games), how="cross").cache()
    form = nba.as_of(grid, windows_of(ordered, rules), "team", through=rules.through)
    counted = form.drop("game_date").with_columns(pl.col("n", "games").fill_null(0))
    joint = rules.league_average == "through_date_joint"
    league = league_averages(grid, history if joint else ordered, rules)
    if rules.counts_due:
        required = due.due_of_teams(games, ordered, nba.unscheduled_of(days))
        complete = due.complete(grid, required, "team", due.L15)
    else:
        complete = production.teams_complete(grid, games, ordered, season)
    gate = production.gated_dates(days, ordered, SOURCE, rules)
    table = (
        counted.join(league, on="date", how="left", maintain_order="left")
        .join(complete, on=["date", "team"], how="left", maintain_order="left")
        .join(gate, on="date", maintain_order="left")
        .with_columns(is_ready=due.L15.is_ready(settings.readiness_threshold))
        .pipe(zone_columns)
        .with_columns(has_row=has_row(rules, settings))
        .cache()
    )
    rows = finished(table.filter("passes_gate", "has_row"), rules)
    return Built(
        rows=rows,
        non_rows=non_rows(table.filter("passes_gate", ~pl.col("has_row")), rules, settings),
        dates=states(days, games, table, rules),
    )


def box_scores(told: pl.LazyFrame, rules: Rules, games: pl.LazyFrame | None = None) -> pl.LazyFrame:
    """Box scores of defenses that count, by `team` and `game_date`; see `rows.games_of`."""
    team = "defending_team_abbr"
    return nba.games_of(told, team, team, rules, games).rename({team: "team"})


def teams_of(games: pl.LazyFrame) -> pl.LazyFrame:
    """The teams of the season's league games: one column, `team`."""
    return pl.concat([games.select(team="home"), games.select(team="away")]).unique()


def windows_of(ordered: pl.LazyFrame, rules: Rules) -> pl.LazyFrame:
    """After each game of a team: its features, and the rows they are made of."""
    made = windows.over(ordered, "team", FEATURES, rules)
    rows = sources.origin(ordered, "team", GAMES, "source")
    # of two games on a date the later one is the newest: the order is part of the answer
    return made.join(rows, on=["team", "i"], maintain_order="left").drop("i")


def zone_games(rows: pl.LazyFrame, rules: Rules) -> pl.LazyFrame:
    """Per game and zone whether the pair counts, and its attempts and makes.

    Null: an unknown pair is 0 of 0 and counts under `null_zone_rows = as_zero`, else does not.
    """
    columns: list[pl.Expr] = []
    for zone in ZONES:
        attempts, makes = (pl.col(f"opp_{zone.name}_{what}") for what in ("attempts", "makes"))
        known = (attempts.is_not_null() & makes.is_not_null()) | rules.as_zero
        columns += [
            known.cast(pl.Int64).alias(f"{zone.name}_games"),
            pl.when(known).then(attempts.fill_null(0)).otherwise(0).alias(f"{zone.name}_attempts"),
            pl.when(known).then(makes.fill_null(0)).otherwise(0).alias(f"{zone.name}_makes"),
        ]
    return rows.select("team", "game_date", *columns)


def league_averages(grid: pl.LazyFrame, history: pl.LazyFrame, rules: Rules) -> pl.LazyFrame:
    """League accuracy per zone on each date: `date`, `league_paint`, ... (T3, contract 2.3).

    Unit: fraction. Null: never; the zone's constant where too few teams qualify.
    """
    sums = [f"{z.name}_{what}" for z in ZONES for what in ("games", "attempts", "makes")]
    running = (
        zone_games(history, rules)
        .group_by("team", "game_date")
        .agg(pl.col(sums).sum())
        .sort("team", "game_date")
        .with_columns(pl.col(sums).cum_sum().over("team"))
    )
    until = nba.as_of(grid, running, "team", through=rules.through).drop("game_date")
    since = (
        nba.as_of(
            grid.with_columns(date=pl.col("date").dt.offset_by(f"-{LEAGUE_DAYS}d")), running, "team"
        )
        .drop("game_date")
        .with_columns(date=pl.col("date").dt.offset_by(f"{LEAGUE_DAYS}d"))
    )
    window = until.join(since, on=["date", "team"], suffix="_before").select(
        "date",
        "team",
        *(pl.col(c).fill_null(0) - pl.col(f"{c}_before").fill_null(0) for c in sums),
    )
    shares = window.with_columns(
        pl.when(pl.col(f"{z.name}_games") >= LEAGUE_GAMES, pl.col(f"{z.name}_attempts") > 0)
        .then(pl.col(f"{z.name}_makes") / pl.col(f"{z.name}_attempts"))
        .alias(f"share_{z.name}")
        for z in ZONES
    )
    if rules.league_average == "through_date_joint":
        whole = pl.all_horizontal(pl.col(f"share_{z.name}").is_not_null() for z in ZONES)
        shares = shares.with_columns(
            pl.when(whole).then(f"share_{z.name}").alias(f"share_{z.name}") for z in ZONES
        )
    return shares.group_by("date").agg(
        pl.when(pl.col(f"share_{z.name}").count() >= LEAGUE_TEAMS)
        .then(exact_sum(pl.col(f"share_{z.name}").drop_nulls()) / pl.col(f"share_{z.name}").count())
        .otherwise(z.constant)
        .alias(f"league_{z.name}")
        for z in ZONES
    )


def zone_columns(table: pl.LazyFrame) -> pl.LazyFrame:
    """What the features of a team are against the league, in order of the contract (2.4, T2)."""
    against = (
        ((pl.col(f"{z.name}_pct_allowed_last_15") - pl.col(f"league_{z.name}")) * 100.0).alias(
            f"{z.name}_defense_vs_league_avg"
        )
        for z in ZONES
    )
    return table.with_columns(against).with_columns(
        strongest_zone=extreme_zone(lowest=True),
        weakest_zone=extreme_zone(lowest=False),
        calculation_notes=notes(),
        data_quality_tier=tier(),
    )


def tier() -> pl.Expr:
    """Quality of a row by the games of its window."""
    return (
        pl.when(pl.col("n") >= GAMES)
        .then(pl.lit("high"))
        .when(pl.col("n") >= MEDIUM_GAMES)
        .then(pl.lit("medium"))
        .otherwise(pl.lit("low"))
    )


def extreme_zone(*, lowest: bool) -> pl.Expr:
    """Label of the zone with the lowest (strongest) or highest value, ties to the first zone."""
    columns = [pl.col(f"{z.name}_defense_vs_league_avg") for z in ZONES]
    best = pl.min_horizontal(columns) if lowest else pl.max_horizontal(columns)
    return pl.coalesce(
        pl.when(column == best).then(pl.lit(z.label))
        for z, column in zip(ZONES, columns, strict=True)
    )


def notes() -> pl.Expr:
    """`No paint attempts; ...` for each zone without a percentage; NULL for none (T4)."""
    remarks = [
        pl.when(pl.col(f"{z.name}_pct_allowed_last_15").is_null()).then(
            pl.lit(f"No {z.note} attempts")
        )
        for z in ZONES
    ]
    joined = pl.concat_str(remarks, separator="; ", ignore_nulls=True)
    return pl.when(joined != "").then(joined)


def has_row(rules: Rules, settings: Settings) -> pl.Expr:
    """Whether a team gets a row: enough games, and ready where unready rows are dropped."""
    enough = pl.col("games") >= settings.min_games
    return enough & (pl.col("is_ready") | (not rules.drops))


def finished(table: pl.LazyFrame, rules: Rules) -> pl.LazyFrame:
    """All columns of the contract, in its order; doubles not yet rounded for storage."""
    issues = records.issues(
        records.own_issue(due.L15, pl.col("is_ready") | (not rules.by_row), rules)
    )
    hashed = {
        "analysis_date": pl.col("date").cast(pl.String),
        "games_in_sample": pl.col("n").cast(pl.String),
        **{name: pl.col("team" if name == "team_abbr" else name) for name in TEXTS},
        **{name: python_text(pl.col(name)) for name in DOUBLES},
    }
    own = sources.of_window(SOURCE, "source", due.L15.percentage)
    updated = pl.col("source_updated" if rules.by_row else f"{SOURCE}_last_updated")
    return records.hashed(table, hashed).select(
        pl.col("team").alias("team_abbr"),
        pl.col("date").alias("analysis_date"),
        *(pl.col(name) for name in DOUBLES),
        pl.col("n").alias("games_in_sample"),
        *(pl.col(name) for name in TEXTS if name != "team_abbr"),
        *records.origins(rules, [SOURCE], own),
        pl.col("record_hash").alias("data_hash"),
        *records.early("n", GAMES, "Only {} games available, need 15", known=not rules.flags_null),
        *records.readiness(rules, due.L15, pl.col("is_ready"), issues),
        *records.stamps(updated, "processed_at", "created_at"),
    )


def non_rows(table: pl.LazyFrame, rules: Rules, settings: Settings) -> pl.LazyFrame:
    """Teams without a row, production's incomplete ones before those with too few games."""
    few = nba.too_few_games("team", settings.min_games, rules)
    absent = table.with_columns(found=pl.col("games"))
    if not rules.drops:
        return absent.select(few)
    seen = absent.filter(pl.col("n") > 0)
    return pl.concat(
        [
            seen.filter("is_ready").select(few),
            seen.filter(~pl.col("is_ready")).select(production.incomplete("team", due.L15)),
        ]
    )


def states(
    days: pl.LazyFrame, games: pl.LazyFrame, table: pl.LazyFrame, rules: Rules
) -> pl.LazyFrame:
    """One state per date; teams expected are those of the season, found those with a row (X1)."""
    written = table.filter("passes_gate", "has_row")
    drivers = table.filter("passes_gate", pl.col("n") > 0)
    source = "nba_analytics.team_defense_game_summary"
    missing = f"Missing: {source}" if rules.dependency_minimums else source.split(".")[1]
    found = written.group_by("date").agg(entities_found=pl.len().cast(pl.Int64))
    expected = teams_of(games).select(entities_expected=pl.len().cast(pl.Int64))
    computed = ~pl.col("state").is_in(["no_games", "bootstrap"])
    return (
        nba.states(days, written, drivers, missing)
        .drop("entities_expected", "entities_found")
        .join(expected, how="cross")
        .join(found, on="date", how="left")
        .with_columns(
            entities_expected=pl.when(computed).then("entities_expected"),
            entities_found=pl.when(computed).then(pl.col("entities_found").fill_null(0)),
        )
    )
