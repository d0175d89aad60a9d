"""Context of teams before a game: one row per team that plays on the date."""

from nba_local import BigQuery, Table
from pipelines.calendar import TEAMS
from pipelines.rows import listed_by

TABLE = Table(
    doc="One row per team and game; features read whether the opponent's row is production ready.",
    ready_column="is_production_ready",
    issues_column="data_quality_issues",
    key=("team_abbr", "game_date"),
    known_values={"team_abbr": TEAMS, "opponent_team_abbr": TEAMS},
    source=BigQuery(
        reads=(
            "team_abbr",
            "game_date",
            "is_production_ready",
            "data_hash",
            "processed_at",
        )
    ),
    known_before=listed_by,
)
