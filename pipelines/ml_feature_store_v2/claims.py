"""What the feature store claims beside its contract."""

from nba_local import Claim
from pipelines.claims import in_range, quoted
from pipelines.ml_feature_store_v2.features import FEATURES

PLACES = {feature.name: f"features[{n}]" for n, feature in enumerate(FEATURES, 1)}
RANGES = {
    "points_avg_last_5": (0, 70),
    "points_avg_last_10": (0, 60),
    "points_avg_season": (0, 60),
    "points_std_last_10": (0, 35),
    "games_in_last_7_days": (0, 7),
    "fatigue_score": (35, 100),
    "shot_zone_mismatch_score": (-10, 10),
    "pace_score": (-3, 3),
    "usage_spike_score": (-3, 3),
    "opponent_def_rating": (70, 150),
    "opponent_pace": (70, 140),
    **dict.fromkeys(("pct_paint", "pct_mid_range", "pct_three", "team_win_pct"), (0, 1)),
    "pct_free_throw": (0, 0.5),
    "team_pace": (70, 140),
    "team_off_rating": (70, 150),
}
WHOLE = {
    **dict.fromkeys(("rest_advantage", "recent_trend", "minutes_change"), "-2, -1, 0, 1, 2"),
    "injury_risk": "0, 1, 2, 3",
    **dict.fromkeys(("home_away", "back_to_back", "playoff_game"), "0, 1"),
}
ALIKE_AT_TIMES = (
    *("games_in_last_7_days", "usage_spike_score", "rest_advantage", "injury_risk"),
    *("minutes_change", "home_away", "back_to_back", "playoff_game"),
)

CLAIMS = (
    Claim("rows_only_on_game_dates"),
    Claim("missing_date_has_a_reason", insufficient="TRUE"),
    Claim("one_row_per_player_and_date"),
    Claim(
        "player_count_fits_the_slate",
        most="CASE getvariable('rules') WHEN 'production' THEN 600 ELSE 450 END",
        times=2,
    ),
    Claim(
        "sources_reach_the_last_game_date",
        stamps=quoted("source_shot_zones_last_updated", "source_team_defense_last_updated"),
        stale="source_team_defense_last_updated",
    ),
    Claim("completeness_adds_up", games=10),
    Claim(
        "no_nan_or_infinity",
        columns=("completeness_percentage", "list_sum(features)"),
    ),
    Claim(
        "record_agrees_with_rules",
        version="feature_version",
        value="split_part(feature_version, '+', 1)",
    ),
    Claim(
        "columns_vary_within_a_date",
        rows=40,
        columns=tuple(
            f"{place} AS {name}" for name, place in PLACES.items() if name not in ALIKE_AT_TIMES
        ),
        corrected_only=quoted("team_win_pct"),
        alike="features = list_concat(features[1:5], [100.0], features[7:])",
    ),
    in_range(
        "features_in_range",
        "Every feature lies in the range that its definition allows.",
        {PLACES[name]: bounds for name, bounds in RANGES.items()},
        *(f"{PLACES[name]} NOT IN ({values})" for name, values in WHOLE.items()),
        why="Bounds are those of the formulas, and for averages those of the upstream tables; the "
        "live ones ask for at most 4 games in 7 days (5 are real) and ratings of 90-130.",
        wrong="features = list_concat(features[1:5], [0.0], features[7:])",
    ),
)
