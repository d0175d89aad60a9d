"""What the zone defenses of teams claim beside their contract."""

from nba_local import Claim
from pipelines.claims import in_range, quoted

ZONES = ("paint", "mid_range", "three_pt")
SHARES = tuple(f"{zone}_pct_allowed_last_15" for zone in ZONES)
BLOCKS = tuple(f"{zone}_blocks_per_game" for zone in ZONES)
FIGURES = (
    *SHARES,
    *BLOCKS,
    *(f"{zone}_attempts_allowed_per_game" for zone in ZONES),
    *(f"{zone}_defense_vs_league_avg" for zone in ZONES),
    "paint_points_allowed_per_game",
)
MEANS = ("defensive_rating_last_15", "opponent_points_per_game", "opponent_pace")
STAMP = "source_team_defense_last_updated"

CLAIMS = (
    Claim("rows_only_on_game_dates"),
    Claim("missing_date_has_a_reason"),
    Claim("one_row_per_player_and_date", called="one_row_per_team_and_date"),
    Claim("sample_in_range", sample="games_in_sample", games=15),
    Claim(
        "window_holds_the_newest_games",
        source="team_defense_game_summary",
        key="defending_team_abbr",
        team="defending_team_abbr",
        sample="games_in_sample",
        games=15,
    ),
    Claim(
        "no_game_of_the_date_itself",
        games="team_defense_game_summary",
        key="defending_team_abbr",
        stamp=STAMP,
    ),
    Claim(
        "sources_reach_the_last_game_date",
        stamps=quoted(STAMP),
        group="CAST(NULL AS VARCHAR) IS NULL",
        stale=STAMP,
    ),
    Claim(
        "early_flag_agrees_with_sample",
        sample="games_in_sample",
        games=15,
        reason="available, need 15",
        known_in_production="FALSE",
    ),
    Claim("completeness_adds_up", games=15, games_in_production=120),
    Claim("ready_agrees_with_completeness"),
    Claim("issues_say_why_not_ready"),
    Claim("no_nan_or_infinity", columns="completeness_percentage"),
    Claim(
        "columns_are_filled",
        called="zones_are_known",
        least="all",
        too_few="< 1",
        columns=quoted(*FIGURES, "strongest_zone", "weakest_zone"),
        lost="paint_pct_allowed_last_15",
    ),
    Claim(
        "columns_vary_within_a_date",
        columns=(*FIGURES, *MEANS),
        alike="paint_blocks_per_game = 0.0",
    ),
    in_range(
        "zone_pct_between_0_and_1",
        "The share of shots conceded in a zone lies between 0 and 1.",
        dict.fromkeys(SHARES, (0, 1)),
    ),
    in_range(
        "per_game_values_in_range",
        "Shots, blocks, points, pace and rating of a defense are those of basketball games.",
        {
            "opponent_points_per_game": (50, 200),
            "paint_attempts_allowed_per_game": (0, 80),
            "mid_range_attempts_allowed_per_game": (0, 60),
            "three_pt_attempts_allowed_per_game": (0, 80),
            "paint_points_allowed_per_game": (0, 100),
            **dict.fromkeys(BLOCKS, (0, 20)),
            "opponent_pace": (70, 140),
            "defensive_rating_last_15": (70, 150),
        },
        why="Four seasons stay between 90 and 130 for rating, pace and points.",
    ),
)
