"""What the composite factors claim beside their contract."""

from nba_local import Claim
from pipelines.claims import in_range

CLAIMS = (
    Claim("rows_only_on_game_dates", wrong="analysis_date IS DISTINCT FROM game_date"),
    Claim("missing_date_has_a_reason", insufficient="TRUE"),
    Claim("one_row_per_player_and_date"),
    Claim("every_listed_player_is_accounted_for"),
    Claim("player_count_fits_the_slate"),
    Claim("most_rows_are_ready", least=0.5, from_day=21),
    Claim("completeness_adds_up", games=10),
    Claim(
        "record_agrees_with_rules",
        called="version_and_record_agree_with_rules",
        version="calculation_version",
        value="'v1_4factors'",
    ),
    Claim(
        "columns_vary_within_a_date",
        rows=40,
        columns=("fatigue_score", "shot_zone_mismatch_score", "pace_score"),
        alike="pace_score = 0.0",
    ),
    in_range(
        "scores_in_range",
        "Every score is known and lies in the range its formula can reach.",
        {
            "fatigue_score": (35, 100),
            "shot_zone_mismatch_score": (-10, 10),
            "pace_score": (-3, 3),
            "usage_spike_score": (-3, 3),
            "total_composite_adjustment": (-19.25, 16),
        },
        known=True,
        wrong="fatigue_score = 0",
        why="In January 2026 fatigue was 0 on every row of six days; all penalties leave 35.",
    ),
)
