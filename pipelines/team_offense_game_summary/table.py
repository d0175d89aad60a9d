"""Box scores of teams on offense: one row per team and game."""

from nba_local import BigQuery, Table
from pipelines.calendar import TEAMS

TABLE = Table(
    doc="One row per team and game with what it scored; the source of pace, rating and record.",
    ready_column="is_production_ready",
    issues_column="data_quality_issues",
    key=("team_abbr", "game_date"),
    known_values={"team_abbr": TEAMS, "opponent_team_abbr": TEAMS},
    source=BigQuery(
        reads=(
            "game_date",
            "team_abbr",
            "season_year",
            "offensive_rating",
            "pace",
            "win_flag",
            "margin_of_victory",
            "data_hash",
            "processed_at",
        )
    ),
)
