"""What the box scores of players claim beside their contract."""

from nba_local import Claim
from pipelines.claims import of_box_scores, of_source, quoted
from pipelines.evidence import PLAYERS

SHOTS = (
    "paint_attempts",
    "paint_makes",
    "mid_range_attempts",
    "mid_range_makes",
    "assisted_fg_makes",
    "unassisted_fg_makes",
)

CLAIMS = (
    *of_source(),
    *of_box_scores(
        PLAYERS, "points", "list_sort(list(DISTINCT pulled.player_lookup))[:5] AS players"
    ),
    Claim("a_lookup_is_one_person"),
    Claim("lines_are_near_what_players_score", line="points_line"),
    Claim("an_id_has_one_lookup"),
    Claim("rows_are_production_ready"),
    Claim("home_and_away_agree_with_schedule", home="CAST(NULL AS BOOLEAN)"),
    Claim(
        "columns_are_filled",
        least="a tenth",
        too_few="< 0.1",
        columns=quoted(
            *("points", "minutes_played", "fg_attempts", "fg_makes", "three_pt_attempts"),
            *("three_pt_makes", "ft_makes", "ts_pct", "usage_rate", "plus_minus"),
            *SHOTS,
            *("starter_flag", "win_flag"),
        ),
        shots=quoted(*SHOTS),
        rows="(SELECT * REPLACE (nullif(starter_flag, FALSE) AS starter_flag, "
        "nullif(win_flag, FALSE) AS win_flag) FROM player_game_summary)",
        lost="paint_attempts",
    ),
)
