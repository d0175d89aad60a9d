"""Box scores of players: one row per player and game the player appeared in."""

from nba_local import BigQuery, Table
from pipelines.calendar import TEAMS

TABLE = Table(
    doc="One row per player and game the player appeared in; the source of every player feature.",
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
            "season_year",
            "points",
            "minutes_played",
            "fg_attempts",
            "fg_makes",
            "three_pt_attempts",
            "three_pt_makes",
            "ft_makes",
            "paint_attempts",
            "paint_makes",
            "mid_range_attempts",
            "mid_range_makes",
            "assisted_fg_makes",
            "unassisted_fg_makes",
            "usage_rate",
            "ts_pct",
            "is_active",
            "data_hash",
            "processed_at",
        )
    ),
)
