"""The schedule: one row per game, and the calendar under every table."""

from nba_local import BigQuery, Table
from pipelines.basketball import TEAMS

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
)
