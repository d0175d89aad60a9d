"""Box scores of teams on defense: one row per team and game, with what its opponent did."""

from nba_local import BigQuery, Table
from pipelines.calendar import TEAMS

TABLE = Table(
    doc="One row per team and game with what it allowed; the source of the team defense zones.",
    ready_column="is_production_ready",
    issues_column="data_quality_issues",
    key=("defending_team_abbr", "game_date"),
    known_values={"defending_team_abbr": TEAMS, "opponent_team_abbr": TEAMS},
    source=BigQuery(
        reads=(
            "game_date",
            "defending_team_abbr",
            "points_allowed",
            "opp_three_pt_attempts",
            "opp_three_pt_makes",
            "opp_paint_attempts",
            "opp_paint_makes",
            "opp_mid_range_attempts",
            "opp_mid_range_makes",
            "points_in_paint_allowed",
            "blocks_paint",
            "blocks_mid_range",
            "blocks_three_pt",
            "defensive_rating",
            "opponent_pace",
            "data_hash",
            "processed_at",
        )
    ),
)
