"""What the feature store claims beside its contract."""

from nba_local import Claim
from pipelines.claims import in_range, quoted, ranges_of, varying
from pipelines.ml_feature_store_v2.features import FEATURES

LINES = {
    "vegas_points_line": (0, 80),
    "vegas_opening_line": (0, 80),
    "vegas_line_move": (-15, 15),
    "has_vegas_line": (0, 1),
    "prop_over_streak": (0, 82),
    "prop_under_streak": (0, 82),
    "line_vs_season_avg": (-40, 40),
    "prop_line_delta": (-40, 40),
    "over_rate_last_10": (0, 1),
    "margin_vs_line_avg_last_5": (-60, 80),
    "self_creation_rate": (0, 1),
}
"""Ranges of the features of the set v3, which are not in every row."""

PLACES = {feature.name: f"features[{n}]" for n, feature in enumerate(FEATURES, 1)}
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
        columns=tuple(f"{PLACES[name]} AS {name}" for name in varying(FEATURES)),
        corrected_only=quoted("team_win_pct"),
        alike="features = list_concat(features[1:5], [100.0], features[7:])",
    ),
    in_range(
        "features_in_range",
        "Every feature lies in the range that its definition allows.",
        {PLACES[name]: bounds for name, bounds in ranges_of(FEATURES).items()},
        *(f"{PLACES[f.name]} <> round({PLACES[f.name]})" for f in FEATURES if f.whole),
        why="Bounds are those of the formulas, and for averages those of the upstream tables; the "
        "live ones ask for at most 4 games in 7 days (5 are real) and ratings of 90-130.",
        wrong="features = list_concat(features[1:5], [0.0], features[7:])",
    ),
    in_range(
        "line_features_in_range",
        "Every feature made of a betting line lies in the range that its definition allows.",
        {f"features[list_position(feature_names, '{name}')]": LINES[name] for name in LINES},
        why="A line of 255 is one of 25.5; one that moves by over 15 points moves during the game.",
        wrong="features = list_append(features, 255.0),\n"
        "    feature_names = list_append(feature_names, 'vegas_points_line')",
    ),
)
