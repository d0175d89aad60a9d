"""The schedule: one row per game, and the calendar under every table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from nba_local import BigQuery, Table
from pipelines.calendar import SCHEDULED, TEAMS

if TYPE_CHECKING:
    import datetime as dt

RESULTS = ("game_status_text", "home_team_score", "away_team_score", "winning_team_tricode")
"""Columns that are known after a game only."""


def without_results(schedule: pl.LazyFrame, date: dt.date) -> pl.LazyFrame:
    """The schedule before the first game of `date`: all games, those from then on to be played."""
    ahead = pl.col("game_date") >= date
    return schedule.with_columns(
        pl.when(ahead).then(SCHEDULED).otherwise("game_status").alias("game_status"),
        *(pl.when(~ahead).then(name).alias(name) for name in RESULTS),
    )


TABLE = Table(
    doc="One row per game of the schedule; it says on which dates each team has played.",
    key=("game_id",),
    known_values={"home_team_tricode": TEAMS, "away_team_tricode": TEAMS},
    source=BigQuery(
        reads=(
            "game_id",
            "season_year",
            "game_date",
            "game_status",
            "home_team_tricode",
            "away_team_tricode",
            "is_regular_season",
            "is_playoffs",
            "is_all_star",
            "playoff_round",
            "data_hash",
            "processed_at",
        )
    ),
    known_before=without_results,
)
