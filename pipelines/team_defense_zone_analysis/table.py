"""How a team has defended each shot zone over its last 15 games, as known before a date."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from nba_local import Blame, Built, Table, Thresholds
from pipelines import basketball as nba
from pipelines import completeness as due
from pipelines.numbers import (
    as_cents,
    canonical_text,
    digest,
    exact_sum,
    from_cents,
    python_text,
)

if TYPE_CHECKING:
    from pipelines.rules import Rules, Settings

NAME = "team_defense_zone_analysis"
TABLE = Table(
    doc="One row per team and game date: what opponents did against it per zone, 15 games back.",
    processor="TeamDefenseZoneAnalysisProcessor",
    blames={
        **dict.fromkeys(
            (
                "insufficient_history",
                "incomplete_data",
                "own_data_incomplete",
                "sources_reach_the_last_game_date",
            ),
            (Blame("team_defense_game_summary", earlier=True),),
        ),
        **dict.fromkeys(
            ("zones_are_known", "columns_vary_within_a_date"),
            (Blame("team_defense_game_summary", earlier=True, claim="columns_are_filled"),),
        ),
    },
    thresholds=Thresholds(
        shares=("completeness_percentage",),
        figures=(
            "paint_pct_allowed_last_15",
            "paint_attempts_allowed_per_game",
            "paint_points_allowed_per_game",
            "paint_blocks_per_game",
            "paint_defense_vs_league_avg",
            "mid_range_pct_allowed_last_15",
            "mid_range_attempts_allowed_per_game",
            "mid_range_blocks_per_game",
            "mid_range_defense_vs_league_avg",
            "three_pt_pct_allowed_last_15",
            "three_pt_attempts_allowed_per_game",
            "three_pt_blocks_per_game",
            "three_pt_defense_vs_league_avg",
            "defensive_rating_last_15",
            "opponent_points_per_game",
            "opponent_pace",
        ),
        games=15,
    ),
)

GAMES = 15
"""Games of a full window, and of the completeness window."""

MEDIUM_GAMES = 10
"""Games from which a row is of medium quality."""

LEAGUE_DAYS, LEAGUE_GAMES, LEAGUE_TEAMS = 30, 10, 10
"""League average: days back, rows a team needs, teams a zone needs (T3)."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A shot zone: column prefix, label as strongest or weakest, league constant, note."""

    name: str
    label: str
    constant: float
    note: str


ZONES = (
    Zone("paint", "paint", 0.580, "paint"),
    Zone("mid_range", "mid_range", 0.410, "mid-range"),
    Zone("three_pt", "perimeter", 0.355, "three-point"),
)

# columns summed over the window beside the zones, and the output that divides them
TOTALS = {
    "points_in_paint_allowed": "paint_points_allowed_per_game",
    "points_allowed": "opponent_points_per_game",
    "blocks_paint": "paint_blocks_per_game",
    "blocks_mid_range": "mid_range_blocks_per_game",
    "blocks_three_pt": "three_pt_blocks_per_game",
}
# NUMERIC columns averaged over the window: output and number of decimals
MEANS = {"defensive_rating": ("defensive_rating_last_15", 2), "opponent_pace": ("opponent_pace", 1)}

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
    """Zone defence of every team on every game date of the season, from its games before it."""
    settings = rules.of(NAME)
    told, games, days = nba.known_season(
        team_defense_game_summary, nbac_schedule, NAME, rules=rules, season=season, today=today
    )
    history = known_rows(told, rules, games)
    in_season = (
        history.pipe(nba.in_season, games, season, rules)
        .sort("team", "game_date", "processed_at", "data_hash")
        .cache()
    )
    grid = nba.computed_dates(days).join(teams_of(games), how="cross").cache()
    form = nba.as_of(grid, windows(in_season), "team", through=rules.as_of == "through_date")
    counted = form.drop("game_date").with_columns(pl.col("n", "games").fill_null(0))
    league_rows = in_season if rules.league_average == "before_date_per_zone" else history
    league = league_averages(grid, league_rows, rules)
    complete = completeness(grid, games, in_season, rules, season)
    gate = gated_dates(days, in_season, rules)
    table = (
        counted.join(league, on="date", how="left", maintain_order="left")
        .join(complete, on=["date", "team"], how="left", maintain_order="left")
        .join(gate, on="date", maintain_order="left")
        .with_columns(is_ready=due.L15.is_ready(settings.readiness_threshold))
        .pipe(zone_columns, rules)
        .with_columns(has_row=has_row(rules, settings))
        .cache()
    )
    rows = finished(table.filter("passes_gate", "has_row"), rules)
    return Built(
        rows=rows,
        non_rows=non_rows(table.filter("passes_gate", ~pl.col("has_row")), rules, settings),
        dates=states(days, games, table, rules),
    )


def known_rows(told: pl.LazyFrame, rules: Rules, games: pl.LazyFrame | None = None) -> pl.LazyFrame:
    """Box-score rows with, per zone, whether the pair counts and its makes and attempts.

    Rows: one per team and date, copies kept under `duplicates = kept`.
    Null: an unknown pair is 0 of 0 and counts under `null_zone_rows = as_zero`, else does not.
    """
    as_zero = rules.null_zone_rows == "as_zero"
    columns: list[pl.Expr] = [
        pl.col("defending_team_abbr").alias("team"),
        pl.col("game_date"),
        pl.col("processed_at"),
        pl.col("data_hash"),
    ]
    for zone in ZONES:
        attempts, makes = (pl.col(f"opp_{zone.name}_{what}") for what in ("attempts", "makes"))
        known = pl.lit(value=True) if as_zero else attempts.is_not_null() & makes.is_not_null()
        columns += [
            known.cast(pl.Int64).alias(f"{zone.name}_games"),
            pl.when(known).then(attempts.fill_null(0)).otherwise(0).alias(f"{zone.name}_attempts"),
            pl.when(known).then(makes.fill_null(0)).otherwise(0).alias(f"{zone.name}_makes"),
        ]
    for name in TOTALS:
        known = pl.lit(value=True) if as_zero else pl.col(name).is_not_null()
        columns += [
            known.cast(pl.Int64).alias(f"{name}_games"),
            pl.col(name).fill_null(0).alias(name),
        ]
    for name, (_, digits) in MEANS.items():
        cents = as_cents(name, digits)
        columns += [
            cents.is_not_null().cast(pl.Int64).alias(f"{name}_games"),
            cents.fill_null(0).alias(name),
        ]
    team = "defending_team_abbr"
    league = nba.games_of(told, team, team, rules, games)
    return league.select(columns)


def teams_of(games: pl.LazyFrame) -> pl.LazyFrame:
    """The teams of the season's league games: one column, `team`."""
    return pl.concat([games.select(team="home"), games.select(team="away")]).unique()


def summed() -> list[str]:
    """Columns that a window adds up."""
    zones = [f"{z.name}_{what}" for z in ZONES for what in ("games", "attempts", "makes")]
    return [*zones, *(c for name in (*TOTALS, *MEANS) for c in (name, f"{name}_games"))]


def windows(history: pl.LazyFrame) -> pl.LazyFrame:
    """After each game of a team: sums over its newest 15 rows, their hashes, games so far."""
    return (
        history.with_columns(i=pl.int_range(pl.len()).over("team"))
        .rolling("i", period=f"{GAMES}i", group_by="team")
        .agg(
            pl.col(summed()).sum(),
            n=pl.len().cast(pl.Int64),
            games=pl.col("i").last() + 1,
            game_date=pl.col("game_date").last(),
            last_updated=pl.col("processed_at").max(),
            hashes=pl.col("data_hash").fill_null("NULL").reverse().implode(),
        )
        .with_columns(hashes=pl.col("hashes").list.join("|"))
        .with_columns(source_hash=digest("hashes"))
        .drop("hashes", "i")
    )


def league_averages(grid: pl.LazyFrame, history: pl.LazyFrame, rules: Rules) -> pl.LazyFrame:
    """League accuracy per zone on each date: `date`, `league_paint`, ... (T3, contract 2.3).

    Unit: fraction. Null: never; the zone's constant where too few teams qualify.
    """
    sums = [f"{z.name}_{what}" for z in ZONES for what in ("games", "attempts", "makes")]
    running = (
        history.group_by("team", "game_date")
        .agg(pl.col(sums).sum())
        .sort("team", "game_date")
        .with_columns(pl.col(sums).cum_sum().over("team"))
    )
    through = rules.as_of == "through_date"
    until = nba.as_of(grid, running, "team", through=through).drop("game_date")
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


def completeness(
    grid: pl.LazyFrame, games: pl.LazyFrame, in_season: pl.LazyFrame, rules: Rules, season: int
) -> pl.LazyFrame:
    """Box scores of each team, due and found (C1; production: contract 2.5)."""
    if rules.completeness == "due_box_scores":
        return due.complete(grid, due.due_of_teams(games, in_season), "team", due.L15)
    return production_completeness(grid, games, in_season, season)


def production_completeness(
    grid: pl.LazyFrame, games: pl.LazyFrame, in_season: pl.LazyFrame, season: int
) -> pl.LazyFrame:
    """Production's counts from 1 October on, D included.

    A game is expected of its home team, of the away team only while the home team has no row yet;
    actual are the dates of the whole season.
    """
    first = in_season.group_by("team").agg(first=pl.col("game_date").min())
    dates = grid.select("date").unique()
    october = dt.date(season, 10, 1)
    final = games.filter(pl.col("is_final"), pl.col("game_date") >= october).select(
        "game_date", "home", "away"
    )
    credited = (
        dates.join(final, how="cross")
        .filter(pl.col("game_date") <= pl.col("date"))
        .join(first, left_on="home", right_on="team", how="left")
        .with_columns(
            team=pl.when(pl.col("first") <= pl.col("date")).then("home").otherwise("away")
        )
        .group_by("date", "team")
        .agg(expected=pl.col("game_date").n_unique().cast(pl.Int64))
    )
    played = (
        in_season.select("team", "game_date")
        .unique()
        .sort("team", "game_date")
        .with_columns(actual=pl.int_range(1, pl.len() + 1).over("team"))
    )
    return (
        nba.as_of(grid, played, "team", through=True)
        .drop("game_date")
        .join(credited, on=["date", "team"], how="left")
        .rename({"expected": due.L15.expected, "actual": due.L15.actual})
        .pipe(due.with_percentages, due.L15)
    )


def gated_dates(days: pl.LazyFrame, in_season: pl.LazyFrame, rules: Rules) -> pl.LazyFrame:
    """`date`, `passes_gate`, and the run's source columns: rows of teams with 15 (1.3, 1.4)."""
    dates = nba.computed_dates(days)
    everywhere = pl.lit(value=not rules.dependency_minimums)
    if rules.source_hash == "row" and not rules.dependency_minimums:
        return dates.with_columns(passes_gate=everywhere)
    counts = (
        in_season.with_columns(
            rows=pl.int_range(1, pl.len() + 1).over("team"),
            updated=pl.col("processed_at").cum_max().over("team"),
        )
        .group_by("team", "game_date", maintain_order=True)
        .agg(pl.col("rows", "updated").last())
    )
    newest = in_season.sort("processed_at", "data_hash").filter(pl.col("data_hash").is_not_null())
    hashes = newest.group_by("game_date", maintain_order=True).agg(
        run_hash=pl.col("data_hash").last(), at=pl.col("processed_at").last()
    )
    return (
        nba.as_of(
            dates.join(counts.select("team").unique(), how="cross"), counts, "team", through=True
        )
        .filter(pl.col("rows") >= GAMES)
        .group_by("date")
        .agg(
            passes_gate=pl.len() >= rules.team_gate,
            run_rows=pl.col("rows").sum().cast(pl.Int64),
            run_updated=pl.col("updated").max(),
        )
        .join(dates, on="date", how="right")
        .with_columns(pl.col("passes_gate").fill_null(value=False) | everywhere)
        .pipe(nba.as_of, hashes.drop("at"), None, through=True)
        .drop("game_date")
    )


def zone_columns(table: pl.LazyFrame, rules: Rules) -> pl.LazyFrame:
    """The doubles of the table, unrounded, in the order of operations of the contract (2.4, T2)."""
    ratios: list[pl.Expr] = []
    for zone in ZONES:
        attempts, rows = pl.col(f"{zone.name}_attempts"), pl.col(f"{zone.name}_games")
        share = pl.when(attempts > 0).then(pl.col(f"{zone.name}_makes") / attempts)
        ratios += [
            share.alias(f"{zone.name}_pct_allowed_last_15"),
            pl.when(rows > 0).then(attempts / rows).alias(f"{zone.name}_attempts_allowed_per_game"),
            ((share - pl.col(f"league_{zone.name}")) * 100.0).alias(
                f"{zone.name}_defense_vs_league_avg"
            ),
        ]
    for name, output in TOTALS.items():
        rows = pl.col(f"{name}_games")
        ratios.append(pl.when(rows > 0).then(pl.col(name) / rows).alias(output))
    for name, (output, digits) in MEANS.items():
        mean = from_cents(pl.col(name), digits) / pl.col(f"{name}_games")
        ratios.append((mean.fill_nan(None) if rules.unknown_mean == "null" else mean).alias(output))
    return table.with_columns(ratios).with_columns(
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
    return enough & (pl.col("is_ready") | (rules.unready_rows == "flagged"))


def finished(table: pl.LazyFrame, rules: Rules) -> pl.LazyFrame:
    """All columns of the contract, in its order; doubles not yet rounded for storage."""
    by_row = rules.source_hash == "row"
    short = pl.col("n") < GAMES
    unknown_flag = pl.lit(None, pl.Boolean)
    issues = due.issues(due.own_issue(due.L15, pl.col("is_ready") | (not by_row), rules))
    hashed = {
        "analysis_date": pl.col("date").cast(pl.String),
        "games_in_sample": pl.col("n").cast(pl.String),
        **{name: pl.col("team" if name == "team_abbr" else name) for name in TEXTS},
        **{name: python_text(pl.col(name)) for name in DOUBLES},
    }
    updated = pl.col("last_updated" if by_row else "run_updated")
    typed = table.with_columns(hash_text=canonical_text(hashed))
    return typed.select(
        pl.col("team").alias("team_abbr"),
        pl.col("date").alias("analysis_date"),
        *(pl.col(name) for name in DOUBLES),
        pl.col("n").alias("games_in_sample"),
        *(pl.col(name) for name in TEXTS if name != "team_abbr"),
        updated.alias("source_team_defense_last_updated"),
        pl.col("n" if by_row else "run_rows").alias("source_team_defense_rows_found"),
        (pl.col(due.L15.percentage) if by_row else pl.lit(100.0)).alias(
            "source_team_defense_completeness_pct"
        ),
        pl.col("source_hash" if by_row else "run_hash").alias("source_team_defense_hash"),
        digest("hash_text").alias("data_hash"),
        (unknown_flag if rules.flags_null else short).alias("early_season_flag"),
        pl.when(short, not rules.flags_null)
        .then(pl.format("Only {} games available, need 15", "n"))
        .alias("insufficient_data_reason"),
        *due.readiness_columns(rules, due.L15, pl.col("is_ready"), issues),
        updated.alias("processed_at"),
        updated.alias("created_at"),
    )


def non_rows(table: pl.LazyFrame, rules: Rules, settings: Settings) -> pl.LazyFrame:
    """Teams without a row, production's incomplete ones before those with too few games."""
    few = nba.too_few_games("team", settings.min_games, rules)
    absent = table.with_columns(found=pl.col("games"))
    if rules.unready_rows == "flagged":
        return absent.select(few)
    seen = absent.filter(pl.col("n") > 0)
    return pl.concat(
        [
            seen.filter("is_ready").select(few),
            seen.filter(~pl.col("is_ready")).select(due.incomplete("team", due.L15)),
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
    found = written.group_by("date").agg(teams_found=pl.len().cast(pl.Int64))
    expected = teams_of(games).select(teams_expected=pl.len().cast(pl.Int64))
    computed = ~pl.col("state").is_in(["no_games", "bootstrap"])
    return (
        nba.states(days, written, drivers, missing)
        .drop("teams_expected", "teams_found")
        .join(expected, how="cross")
        .join(found, on="date", how="left")
        .with_columns(
            teams_expected=pl.when(computed).then("teams_expected"),
            teams_found=pl.when(computed).then(pl.col("teams_found").fill_null(0)),
        )
    )
