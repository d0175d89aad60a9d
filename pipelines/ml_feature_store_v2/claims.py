"""What the feature store claims beside its contract."""

from nba_local import Claim
from pipelines.claims import in_range, quoted, ranges_of, varying
from pipelines.ml_feature_store_v2.features import FEATURES

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
)
