"""What only the rule set `production` runs: its counts, its sources of a run, whom it drops.

The tables read as the corrected ones; where the rules say so, they ask here instead. Functions that
hold for both rule sets and choose between them say so.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import polars as pl

from pipelines import completeness as due
from pipelines.calendar import computed_dates, team_dates, unscheduled_of
from pipelines.numbers import python_text
from pipelines.rows import as_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipelines.completeness import Window
    from pipelines.rules import Rules, Settings

TEAM_GAMES = 15
"""Games that a team needs to count for the gate of a date."""

DEPENDENCY_DAYS = 20
"""Shot zones run on a date if any player row lies in these days before it."""

LOOKBACK_ROWS = 1000
"""Rows that production looks back at, whatever the days it declares."""


@dataclass(frozen=True, slots=True)
class Dependency:
    """What production counts of one upstream table.

    prefix: Of the source columns. table: As a failure names it. rows: `date`, `processed_at`,
    `data_hash`. minimum: Rows without which the date fails. looks_back: Counts the newest rows up
    to the date, not those of the date.
    """

    prefix: str
    table: str
    rows: pl.LazyFrame
    minimum: int
    looks_back: bool = False


def run_sources(
    days: pl.LazyFrame,
    tables: Mapping[str, tuple[str, int]],
    rows: Sequence[pl.LazyFrame],
    rules: Rules,
    *looking_back: str,
) -> pl.LazyFrame:
    """Source columns per date and what is `missing`; just the dates under the corrected rules.

    tables: Upstream table and least rows by prefix of the source columns. rows: With a `date`.
    looking_back: Prefixes of those that are counted up to the date.
    """
    dependencies = (
        Dependency(prefix, table, frame, minimum, looks_back=prefix in looking_back)
        for (prefix, (table, minimum)), frame in zip(tables.items(), rows, strict=True)
    )
    return of_run(computed_dates(days), rules, *dependencies)


def of_run(dates: pl.LazyFrame, rules: Rules, *dependencies: Dependency) -> pl.LazyFrame:
    """Per date the source columns of production and `missing`.

    missing: `Missing: a, b` where tables are short of their minimum, in the order given; NULL
        where none is, and without `dependency_minimums`.
    """
    if rules.by_row and not rules.dependency_minimums:
        return dates.select("date", missing=pl.lit(None, pl.String))
    table = reduce(_counted, dependencies, dates.select("date"))
    short = [
        pl.when(pl.col(f"{d.prefix}_rows_found") < d.minimum).then(pl.lit(d.table))
        for d in dependencies
    ]
    names = pl.concat_str(short, separator=", ", ignore_nulls=True)
    return table.with_columns(
        *(pl.lit(100.0).alias(f"{d.prefix}_completeness_pct") for d in dependencies),
        missing=pl.when(names != "", rules.dependency_minimums).then(pl.lit("Missing: ") + names),
    )


def _counted(dates: pl.LazyFrame, dependency: Dependency) -> pl.LazyFrame:
    prefix = dependency.prefix
    newest = pl.col("data_hash").sort_by("processed_at", "data_hash").drop_nulls().last()
    by_date = dependency.rows.group_by("date").agg(
        pl.len().cast(pl.Int64).alias(f"{prefix}_rows_found"),
        pl.col("processed_at").max().alias(f"{prefix}_last_updated"),
        newest.alias(f"{prefix}_hash"),
    )
    if dependency.looks_back:
        so_far = by_date.sort("date").with_columns(
            pl.col(f"{prefix}_rows_found").cum_sum().clip(upper_bound=LOOKBACK_ROWS),
            pl.col(f"{prefix}_last_updated").cum_max(),
        )
        found = as_of(dates, so_far.rename({"date": "game_date"}), None, through=True).drop(
            "game_date"
        )
    else:
        found = dates.join(by_date, on="date", how="left")
    return found.with_columns(pl.col(f"{prefix}_rows_found").fill_null(0))


def _season_rows(
    grid: pl.LazyFrame,
    games: pl.LazyFrame,
    in_season: pl.LazyFrame,
    players: pl.LazyFrame,
    *windows: Window,
) -> pl.LazyFrame:
    """Production's counts of players: `date`, `player_lookup` and the windows (contract 0.2).

    Expected are dates of the player's latest team before D, of any season. Actual are all dates
    of the player in the season up to and including D for a window of games, those of D-N to D for
    one of days.

    games: Of every season in reach. in_season, players: `player_lookup`, `team`, `game_date` of
        the player's rows of the season, and of all seasons in reach.
    """
    team_games = _numbered(team_dates(games), "team")
    played = _numbered(in_season, "player_lookup").rename({"n": "season"}).cache()
    ever = _numbered(players, "player_lookup").cache()
    on_team = as_of(grid.select("date", "player_lookup"), players, "player_lookup").drop(
        "game_date"
    )
    counted = as_of(on_team, team_games, "team").drop("game_date")
    counted = as_of(counted, played, "player_lookup", through=True).drop("game_date")
    for window in windows:
        if window.games:
            counted = counted.with_columns(
                pl.col("n").clip(upper_bound=window.games).alias(window.expected),
                pl.col("season").alias(window.actual),
            )
            continue
        shifted = pl.col("date").dt.offset_by(f"-{window.days}d")
        earlier = team_games.rename({"n": "n_before"})
        own_before, own = ever.rename({"n": "own_before"}), ever.rename({"n": "own"})
        moved = counted.with_columns(day=pl.col("date"), date=shifted)
        moved = as_of(moved, earlier, "team").drop("game_date")
        moved = as_of(moved, own_before, "player_lookup").drop("game_date")
        counted = (
            as_of(moved.with_columns(date="day").drop("day"), own, "player_lookup", through=True)
            .drop("game_date")
            .with_columns(
                (pl.col("n").fill_null(0) - pl.col("n_before").fill_null(0)).alias(window.expected),
                (pl.col("own").fill_null(0) - pl.col("own_before").fill_null(0)).alias(
                    window.actual
                ),
            )
            .drop("n_before", "own_before", "own")
        )
    names = [name for window in windows for name in (window.expected, window.actual)]
    return due.with_percentages(counted.select("date", "player_lookup", *names), *windows)


def completeness_of(  # noqa: PLR0913 - what the two rule sets count
    grid: pl.LazyFrame,
    games: pl.LazyFrame,
    in_season: pl.LazyFrame,
    box: pl.LazyFrame,
    rules: Rules,
    *windows: Window,
    lost: pl.LazyFrame | None = None,
    days: pl.LazyFrame | None = None,
) -> pl.LazyFrame:
    """Completeness of the players of `grid`, as either rule set counts it.

    games: Of every season in reach. in_season, box: Box scores of the season and of all in reach.
    lost: See `completeness.due_of_players`. days: The calendar, which knows lost games.
    """
    rows, ever = (
        frame.select("player_lookup", "game_date", team="team_abbr") for frame in (in_season, box)
    )
    if not rules.counts_due:
        return _season_rows(grid, games, rows, ever, *windows)
    gone = None if days is None else unscheduled_of(days)
    return due.of_players(grid, games, rows, *windows, lost=lost, unscheduled=gone)


def _numbered(rows: pl.LazyFrame, entity: str) -> pl.LazyFrame:
    """Dates of each entity with their number `n`, from 1."""
    return (
        rows.select(entity, "game_date")
        .unique()
        .sort(entity, "game_date")
        .with_columns(n=pl.int_range(1, pl.len() + 1).over(entity))
    )


def teams_complete(
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
        as_of(grid, played, "team", through=True)
        .drop("game_date")
        .join(credited, on=["date", "team"], how="left")
        .rename({"expected": due.L15.expected, "actual": due.L15.actual})
        .pipe(due.with_percentages, due.L15)
    )


def gated_dates(
    days: pl.LazyFrame, in_season: pl.LazyFrame, prefix: str, rules: Rules
) -> pl.LazyFrame:
    """`date`, `passes_gate`, and the run's source columns: rows of teams with 15 (1.3, 1.4).

    prefix: Of the source columns, which the corrected rules do not have.
    """
    dates = computed_dates(days)
    everywhere = pl.lit(value=not rules.dependency_minimums)
    if rules.by_row and not rules.dependency_minimums:
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
        as_of(dates.join(counts.select("team").unique(), how="cross"), counts, "team", through=True)
        .filter(pl.col("rows") >= TEAM_GAMES)
        .group_by("date")
        .agg(
            passes_gate=pl.len() >= rules.team_gate,
            run_rows=pl.col("rows").sum().cast(pl.Int64),
            run_updated=pl.col("updated").max(),
        )
        .join(dates, on="date", how="right")
        .with_columns(pl.col("passes_gate").fill_null(value=False) | everywhere)
        .pipe(as_of, hashes.drop("at"), None, through=True)
        .select("date", "passes_gate", *_of_the_run(prefix))
    )


def _of_the_run(prefix: str) -> list[pl.Expr]:
    """The four source columns of a run, from `run_updated`, `run_rows` and `run_hash`."""
    return [
        pl.col("run_updated").alias(f"{prefix}_last_updated"),
        pl.col("run_rows").alias(f"{prefix}_rows_found"),
        pl.lit(100.0).alias(f"{prefix}_completeness_pct"),
        pl.col("run_hash").alias(f"{prefix}_hash"),
    ]


def box_scores_of_run(
    days: pl.LazyFrame, box: pl.LazyFrame, prefix: str, rules: Rules
) -> pl.LazyFrame:
    """Production's source columns per date: rows of 21 days, the newest hash (contract 1.4)."""
    dates = computed_dates(days)
    if rules.by_row:
        return dates
    by_date = (
        box.group_by("game_date")
        .agg(
            rows=pl.len().cast(pl.Int64),
            updated=pl.col("processed_at").max(),
            run_hash=pl.col("data_hash").drop_nulls().max(),
        )
        .sort("game_date")
        .with_columns(pl.col("rows").cum_sum(), pl.col("updated").cum_max())
    )
    before = (
        as_of(
            dates.with_columns(date=pl.col("date").dt.offset_by(f"-{DEPENDENCY_DAYS}d")),
            by_date,
            None,
        )
        .with_columns(date=pl.col("date").dt.offset_by(f"{DEPENDENCY_DAYS}d"))
        .select("date", earlier=pl.col("rows").fill_null(0))
    )
    return (
        as_of(dates, by_date, None, through=True)
        .join(before, on="date")
        .with_columns(
            run_updated="updated", run_rows=pl.col("rows").fill_null(0) - pl.col("earlier")
        )
        .select("date", *_of_the_run(prefix))
    )


def incomplete(entity: str, window: Window) -> Sequence[pl.Expr]:
    """Columns of production's non-rows for entities below the readiness threshold (2.5, 3.4)."""
    expected, actual = pl.col(window.expected), pl.col(window.actual)
    text = pl.when(expected > 0).then(python_text(pl.col(window.rounded))).otherwise(pl.lit("0"))
    return [
        pl.col("date"),
        pl.col(entity).alias("entity"),
        pl.lit("incomplete_data").alias("reason"),
        pl.format("Incomplete data: {}% ({}/{} games)", text, actual, expected).alias("detail"),
        actual.alias("found"),
        expected.alias("needed"),
        pl.lit("INCOMPLETE_DATA").alias("category"),
        pl.lit(value=True).alias("can_retry"),
    ]


CACHE_FAILURES = {
    "incomplete_data": "INCOMPLETE_DATA",
    "insufficient_history": "INSUFFICIENT_DATA",
    "upstream_missing": "MISSING_DEPENDENCY",
}
"""Failure category by reason."""


def cache_non_rows(absent: pl.LazyFrame, settings: Settings) -> pl.LazyFrame:
    """Listed players without a cache row and with a `reason` (contract 1.3)."""
    too_few = pl.col("reason") == "insufficient_history"
    texts = {
        "incomplete_data": pl.lit("Incomplete data across windows"),
        "insufficient_history": pl.format("Only {} games played, need 5 minimum", "found"),
        "upstream_missing": pl.lit("No shot zone analysis available"),
    }
    return absent.select(
        "date",
        pl.col("player_lookup").alias("entity"),
        "reason",
        pl.coalesce(
            pl.when(pl.col("reason") == name).then(text) for name, text in texts.items()
        ).alias("detail"),
        pl.when(too_few).then("found").alias("found"),
        pl.when(too_few).then(pl.lit(settings.min_games, pl.Int64)).alias("needed"),
        pl.col("reason").replace_strict(CACHE_FAILURES).alias("category"),
        pl.lit(value=True).alias("can_retry"),
    )
