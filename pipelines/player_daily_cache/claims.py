"""What the daily cache claims beside its contract."""

from nba_local import Claim
from pipelines.claims import in_range, quoted, ranges_of, varying
from pipelines.player_daily_cache.features import FEATURES, TEAM_FEATURES

RATES = ("paint_rate_last_10", "three_pt_rate_last_10")
VARYING = (*varying((*FEATURES, *TEAM_FEATURES)), *RATES, "minutes_in_last_14_days", "player_age")
KNOWN = (
    *varying((*FEATURES, *TEAM_FEATURES)),
    *RATES,
    "games_in_last_7_days",
    "games_in_last_14_days",
)
SHARES = tuple(f"{window}_completeness_pct" for window in ("l5", "l10", "l7d", "l14d"))

CLAIMS = (
    Claim("rows_only_on_game_dates"),
    Claim(
        "missing_date_has_a_reason",
        insufficient="getvariable('rules') = 'corrected' "
        "AND dates.{date} > (SELECT min({date}) FROM {table})",
    ),
    Claim("one_row_per_player_and_date"),
    Claim("every_listed_player_is_accounted_for"),
    Claim("player_count_fits_the_slate", is_usual="getvariable('rules') = 'corrected'"),
    Claim("most_rows_are_ready", least=0.7),
    Claim(
        "sample_in_range",
        sample="games_played_season",
        games=82,
        columns=(
            "games_played_season",
            "source_player_game_rows_found",
            "source_team_offense_rows_found",
        ),
        wrong="(getvariable('rules') = 'corrected' "
        "AND (source_player_game_rows_found IS DISTINCT FROM games_played_season "
        "OR source_team_offense_rows_found IS NULL "
        "OR source_team_offense_rows_found NOT BETWEEN 0 AND 10))",
    ),
    Claim(
        "sources_reach_the_last_game_date",
        stamps=quoted("source_player_game_last_updated", "source_team_offense_last_updated"),
        stale="source_team_offense_last_updated",
    ),
    Claim(
        "early_flag_agrees_with_sample",
        sample="games_played_season",
        games=10,
        reason="played, need 10 minimum",
    ),
    Claim("completeness_adds_up", games=5),
    Claim(
        "no_nan_or_infinity",
        columns=("completeness_percentage", *SHARES),
        nan="l7d_completeness_pct",
    ),
    Claim(
        "record_agrees_with_rules",
        called="version_and_record_agree_with_rules",
        version="cache_version",
        value="'v1'",
    ),
    Claim(
        "columns_are_filled",
        called="window_figures_are_known",
        least="80 %, the season's points for 99 %,",
        too_few="< CASE column_name WHEN 'points_avg_season' THEN 0.99 ELSE 0.8 END",
        columns=quoted(*KNOWN),
        lost="paint_rate_last_10",
    ),
    Claim(
        "columns_vary_within_a_date",
        rows=40,
        columns=VARYING,
        alike="assisted_rate_last_10 = 0.00",
    ),
    in_range(
        "figures_in_range",
        "Averages, load, rates and age are those of a basketball player.",
        {
            **ranges_of((*FEATURES, *TEAM_FEATURES)),
            "paint_rate_last_10": (0, 100),
            "three_pt_rate_last_10": (0, 100),
            "games_in_last_7_days": (0, 7),
            "games_in_last_14_days": (0, 14),
            "back_to_backs_last_14_days": (0, 13),
            "avg_minutes_per_game_last_7": (0, 60),
            "player_age": (17, 50),
        },
        "least(usage_rate_last_10, player_usage_rate_season) < 0",
        "(games_played_season >= 5 "
        "AND greatest(usage_rate_last_10, player_usage_rate_season) > 300)",
        "games_in_last_14_days < games_in_last_7_days",
        "minutes_in_last_7_days NOT BETWEEN 0 AND 60 * games_in_last_7_days",
        "minutes_in_last_14_days NOT BETWEEN 0 AND 60 * games_in_last_14_days",
        "primary_scoring_zone NOT IN ('paint', 'perimeter', 'mid_range', 'balanced')",
        why="Usage of a few seconds on court can exceed 600 %, so that a mean of five games may "
        "exceed 100, not 300.",
    ),
)
