"""What the box scores of defenses claim beside their contract."""

from nba_local import Claim
from pipelines.claims import of_box_scores, of_source, quoted
from pipelines.evidence import DEFENSE

SHOTS = (
    "opp_paint_attempts",
    "opp_paint_makes",
    "opp_mid_range_attempts",
    "opp_mid_range_makes",
    "points_in_paint_allowed",
    "blocks_paint",
    "blocks_mid_range",
    "blocks_three_pt",
)

CLAIMS = (
    *of_source("defending_team_abbr"),
    *of_box_scores(DEFENSE, "points_allowed"),
    Claim("rows_are_production_ready"),
    Claim("home_and_away_agree_with_schedule", team="defending_team_abbr"),
    Claim(
        "columns_are_filled",
        columns=quoted(
            *("points_allowed", "opp_three_pt_attempts", "opp_three_pt_makes"),
            *("defensive_rating", "opponent_pace"),
            *SHOTS,
        ),
        shots=quoted(*SHOTS),
        lost="opp_paint_attempts",
    ),
)
