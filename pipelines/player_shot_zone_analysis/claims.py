"""What the shot zones of players claim beside their contract."""

from nba_local import Claim
from pipelines.claims import in_range, quoted

ZONES = ("paint", "mid_range", "three_pt")
RATES = tuple(f"{zone}_rate_last_10" for zone in ZONES)
SHARES = tuple(f"{zone}_pct_last_10" for zone in ZONES)
ATTEMPTS = tuple(f"{zone}_attempts_per_game" for zone in ZONES)
ASSISTS = ("assisted_rate_last_10", "unassisted_rate_last_10")
STAMP = "source_player_game_last_updated"

CLAIMS = (
    Claim("rows_only_on_game_dates"),
    Claim("missing_date_has_a_reason"),
    Claim("one_row_per_player_and_date"),
    Claim(
        "sample_in_range",
        sample="games_in_sample_20",
        games=20,
        columns=("games_in_sample_10", "games_in_sample_20"),
        wrong="games_in_sample_10 IS DISTINCT FROM least(games_in_sample_20, 10)",
    ),
    Claim(
        "window_holds_the_newest_games",
        source="player_game_summary",
        team="team_abbr",
        plays="box.is_active "
        "AND (coalesce(box.minutes_played, 0) > 0 OR coalesce(box.fg_attempts, 0) > 0)",
        sample="games_in_sample_20",
        games=20,
    ),
    Claim("no_game_of_the_date_itself", games="player_game_summary", stamp=STAMP),
    Claim(
        "sources_reach_the_last_game_date",
        stamps=quoted(STAMP),
        group="CAST(NULL AS VARCHAR) IS NULL",
        stale=STAMP,
    ),
    Claim(
        "early_flag_agrees_with_sample",
        sample="games_in_sample_10",
        games=10,
        reason="available, need 10",
    ),
    Claim("completeness_adds_up", games=10),
    Claim("ready_agrees_with_completeness"),
    Claim("issues_say_why_not_ready"),
    Claim("no_nan_or_infinity", columns="completeness_percentage"),
    Claim(
        "columns_are_filled",
        called="zones_are_known",
        least="99 %",
        too_few="< 0.99",
        columns=quoted("paint_rate_last_10"),
        lost="paint_rate_last_10",
    ),
    Claim(
        "columns_vary_within_a_date",
        columns=(*RATES, "total_shots_last_10", *SHARES, *ATTEMPTS, *ASSISTS),
        alike="assisted_rate_last_10 = 0.00",
    ),
    in_range(
        "rates_between_0_and_100",
        "Rates are percentages between 0 and 100.",
        dict.fromkeys((*ASSISTS, *RATES, "paint_rate_last_20"), (0, 100)),
        why="The feature store divides them by 100.",
    ),
    in_range(
        "pct_in_range",
        "The share of shots made in a zone lies between 0 and 1.",
        dict.fromkeys((*SHARES, "paint_pct_last_20"), (0, 1.5)),
        "(getvariable('rules') <> 'production' "
        f"AND greatest({', '.join(SHARES)}, paint_pct_last_20) > 1)",
        why="Production sums makes and attempts over different games: 1.5 is its own bound.",
    ),
    in_range(
        "per_game_values_in_range",
        "Shots per game and shots in the window are those of one player in at most ten games.",
        dict.fromkeys(ATTEMPTS, (0, 40)),
        "total_shots_last_10 NOT BETWEEN 1 AND 50 * games_in_sample_10",
        why="Nobody averages 20 shots from one zone over ten games.",
    ),
)
