"""What the box scores of teams claim beside their contract."""

from nba_local import Claim
from pipelines.claims import of_box_scores, of_source, quoted
from pipelines.evidence import OFFENSE

SHOTS = (
    "team_paint_attempts",
    "team_paint_makes",
    "team_mid_range_attempts",
    "team_mid_range_makes",
    "points_in_paint_scored",
)

CLAIMS = (
    *of_source(),
    *of_box_scores(OFFENSE, "points_scored"),
    Claim("rows_are_production_ready"),
    Claim("home_and_away_agree_with_schedule"),
    Claim(
        "columns_are_filled",
        columns=quoted("pace", "offensive_rating", "possessions", *SHOTS, "win_flag"),
        shots=quoted(*SHOTS),
        rows="(SELECT * REPLACE (nullif(win_flag, FALSE) AS win_flag) "
        "FROM team_offense_game_summary)",
        lost="pace",
    ),
)
