"""Is the data there? Box scores due and found before a date, and what a row says about it.

One function for all tables (C1-C4): due are the final games of the team an entity was on, found
those with any box-score row of that team and date. A player who sat out is not missing data. What
production counted instead is in `production`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from nba_local import Blame
from pipelines.calendar import opening_night, team_dates
from pipelines.numbers import rounded_as_python
from pipelines.rows import as_of

if TYPE_CHECKING:
    from pipelines.rules import Rules


LOST_GAME = Blame("nbac_schedule", "team", earlier=True, claim="box_scores_have_a_game")
"""Where to look for a box score that is missing although the warehouse has it."""


@dataclass(frozen=True, slots=True)
class Window:
    """What counts before D: the newest `games` due dates, or those of the `days` days before D."""

    name: str
    games: int = 0
    days: int = 0

    @property
    def expected(self) -> str:
        """Column with the number of dates due."""
        return f"expected_{self.name}"

    @property
    def actual(self) -> str:
        """Column with the number of them that are there."""
        return f"actual_{self.name}"

    @property
    def percentage(self) -> str:
        """Column with `actual / expected * 100`, unrounded; NULL where nothing is due (C2)."""
        return f"percentage_{self.name}"

    @property
    def rounded(self) -> str:
        """Column with the percentage at one decimal."""
        return f"rounded_{self.name}"

    def is_ready(self, threshold: float) -> pl.Expr:
        """Whether the unrounded percentage reaches `threshold`; not where nothing is due (C2)."""
        return (pl.col(self.percentage) >= threshold).fill_null(value=False)

    def stored_percentage(self, rules: Rules) -> pl.Expr:
        """The rounded percentage; NULL, for production 0, where nothing is due (C2)."""
        stored = pl.col(self.rounded)
        return stored if rules.counts_due else stored.fill_null(0.0)


L5, L10, L15 = Window("l5", games=5), Window("l10", games=10), Window("l15", games=15)
L7D, L14D = Window("l7d", days=7), Window("l14d", days=14)


def with_percentages(counted: pl.LazyFrame, *windows: Window) -> pl.LazyFrame:
    """`counted` with the percentages of `windows`, whose counts are never NULL from here on."""
    names = [name for window in windows for name in (window.expected, window.actual)]
    shares = [
        pl.when(pl.col(window.expected) > 0)
        .then(pl.col(window.actual) / pl.col(window.expected) * 100.0)
        .alias(window.percentage)
        for window in windows
    ]
    return (
        counted.with_columns(pl.col(names).fill_null(0).cast(pl.Int64))
        .with_columns(shares)
        .with_columns(
            rounded_as_python(pl.col(window.percentage), 1).alias(window.rounded)
            for window in windows
        )
    )


def due_of_teams(
    games: pl.LazyFrame, box_scores: pl.LazyFrame, unscheduled: pl.LazyFrame | None = None
) -> pl.LazyFrame:
    """What the warehouse should hold for a team: `team`, `game_date`, `found` (C1).

    box_scores: `team`, `game_date` of every box-score row; `found` is 1 where there is one.
    unscheduled: Teams whose games the schedule has lost. Their box scores count nowhere (A1), so
        that such a game is due and missing: no window is shorter without a word.
    """
    there = box_scores.select("team", "game_date").unique().with_columns(found=pl.lit(1))
    final = team_dates(games)
    if unscheduled is not None:
        final = pl.concat([final, unscheduled.select("game_date", "team")]).unique()
    return (
        final.join(opening_night(games), how="cross")
        .filter(pl.col("game_date") >= pl.col("opening"))
        .drop("opening")
        .join(there, on=["team", "game_date"], how="left")
        .with_columns(pl.col("found").fill_null(0))
    )


def due_of_players(
    games: pl.LazyFrame,
    players: pl.LazyFrame,
    lost: pl.LazyFrame | None = None,
    unscheduled: pl.LazyFrame | None = None,
) -> pl.LazyFrame:
    """What the warehouse should hold for a player: the games of the team they were on (C1, C3).

    players: `player_lookup`, `team`, `game_date` of every box-score row of a player.
    lost: `player_lookup`, `game_date` of box scores that cannot be and were set aside (A4).
    unscheduled: See `due_of_teams`.
    Rows: `player_lookup`, `team`, `game_date`, `found`. A game that the player sat out is due and
    found: the question is whether the box score of the team is there.
    """
    entity = "player_lookup"
    changes = (
        players.sort(entity, "game_date")
        .filter(
            (pl.col("team") != pl.col("team").shift().over(entity)).fill_null(value=True),
        )
        .select(
            entity,
            "team",
            since=pl.when(pl.int_range(pl.len()).over(entity) > 0).then("game_date"),
            until=pl.col("game_date").shift(-1).over(entity),
        )
    )
    due = (
        due_of_teams(games, players, unscheduled)
        .join(changes, on="team")
        .filter(
            (pl.col("game_date") >= pl.col("since")).fill_null(value=True),
            (pl.col("game_date") < pl.col("until")).fill_null(value=True),
        )
        .select(entity, "team", "game_date", "found")
    )
    if lost is None:
        return due
    return (
        due.join(
            lost.with_columns(is_lost=pl.lit(value=True)), on=[entity, "game_date"], how="left"
        )
        .with_columns(found=pl.when(pl.col("is_lost").is_null()).then("found").otherwise(0))
        .drop("is_lost")
    )


def complete(grid: pl.LazyFrame, due: pl.LazyFrame, entity: str, *windows: Window) -> pl.LazyFrame:
    """`grid` (`date`, `entity`, ...) with expected and actual box scores of each window (C1).

    due: `entity`, `game_date`, `found`; one row per date.
    Never NULL: an entity with nothing due expects 0.
    """
    so_far = due.sort(entity, "game_date").select(
        entity,
        "game_date",
        n=pl.int_range(1, pl.len() + 1).over(entity),
        found=pl.col("found").cum_sum().over(entity).cast(pl.Int64),
    )
    by_games = [
        column
        for window in windows
        if window.games
        for column in (
            pl.col("n").clip(upper_bound=window.games).alias(window.expected),
            (
                pl.col("found") - pl.col("found").shift(window.games, fill_value=0).over(entity)
            ).alias(window.actual),
        )
    ]
    counted = as_of(grid, so_far.with_columns(by_games), entity).drop("game_date")
    for window in windows:
        if window.days:
            counted = (
                _before(counted, so_far, entity, window.days)
                .with_columns(
                    (pl.col("n").fill_null(0) - pl.col("n_before").fill_null(0)).alias(
                        window.expected
                    ),
                    (pl.col("found").fill_null(0) - pl.col("found_before").fill_null(0)).alias(
                        window.actual
                    ),
                )
                .drop("n_before", "found_before")
            )
    return with_percentages(counted.drop("n", "found"), *windows)


def _before(grid: pl.LazyFrame, so_far: pl.LazyFrame, entity: str, days: int) -> pl.LazyFrame:
    """`grid` with the counts as they stood `days` days before each date, suffix `_before`."""
    earlier = so_far.rename({name: f"{name}_before" for name in ("n", "found")})
    return (
        as_of(
            grid.with_columns(day=pl.col("date"), date=pl.col("date").dt.offset_by(f"-{days}d")),
            earlier,
            entity,
        )
        .with_columns(date="day")
        .drop("day", "game_date")
    )


def of_players(
    grid: pl.LazyFrame,
    games: pl.LazyFrame,
    players: pl.LazyFrame,
    *windows: Window,
    lost: pl.LazyFrame | None = None,
    unscheduled: pl.LazyFrame | None = None,
) -> pl.LazyFrame:
    """Completeness of the players of `grid`: `date`, `player_lookup` and the windows (C1, C3).

    grid: `date`, `player_lookup` and `team` of the row that drives the table, which counts for a
        player without any box score before the date.
    players: `player_lookup`, `team`, `game_date` of every box-score row of the season.
    lost, unscheduled: See `due_of_players`.
    """
    players = players.cache()
    of_teams = due_of_teams(games, players, unscheduled)
    of_teams = of_teams.select("game_date", "found", entity="team")
    due = due_of_players(games, players, lost, unscheduled)
    due = due.select("game_date", "found", entity="player_lookup")
    first = players.group_by("player_lookup").agg(first=pl.col("game_date").min())
    seen = (pl.col("first") < pl.col("date")).fill_null(value=False)
    named = grid.join(first, on="player_lookup", how="left").select(
        "date", "player_lookup", entity=pl.when(seen).then("player_lookup").otherwise("team")
    )
    # lower-case players and upper-case tricodes do not collide
    return complete(named, pl.concat([due, of_teams]), "entity", *windows).drop("entity")
