"""Context of players before a game: one row per player on a roster of the date."""

from nba_local import BigQuery, Table
from pipelines.calendar import TEAMS
from pipelines.rows import listed_by

TABLE = Table(
    doc="One row per player and game they are listed for: rest and recent load, known before it.",
    ready_column="is_production_ready",
    issues_column="data_quality_issues",
    key=("player_lookup", "game_date"),
    known_values={"team_abbr": TEAMS, "opponent_team_abbr": TEAMS},
    source=BigQuery(
        reads=(
            "player_lookup",
            "universal_player_id",
            "game_id",
            "game_date",
            "team_abbr",
            "opponent_team_abbr",
            "pace_differential",
            "opponent_pace_last_10",
            "home_game",
            "back_to_back",
            "season_phase",
            "projected_usage_rate",
            "days_rest",
            "games_in_last_7_days",
            "games_in_last_14_days",
            "minutes_in_last_7_days",
            "minutes_in_last_14_days",
            "avg_minutes_per_game_last_7",
            "back_to_backs_last_14_days",
            "avg_usage_rate_last_7_games",
            "fourth_quarter_minutes_last_7",
            "player_age",
            "star_teammates_out",
            "opponent_days_rest",
            "player_status",
            "is_production_ready",
            "game_spread",
            "game_total",
            "data_hash",
            "processed_at",
        )
    ),
    known_before=listed_by,
)
