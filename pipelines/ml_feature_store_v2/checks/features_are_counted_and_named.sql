-- Features, names and count agree: the 25 of the baseline in order, after them known later ones in the sets v2 and v3.
-- severity: block
-- why: features are read by position. Documents speak of 33, 37 and 54; a list of another version or order gives a
--      model minutes for points. The version says which list it is, and of which rule set: one for the whole table.
WITH baseline AS (
    SELECT
        [
            'points_avg_last_5',
            'points_avg_last_10',
            'points_avg_season',
            'points_std_last_10',
            'games_in_last_7_days',
            'fatigue_score',
            'shot_zone_mismatch_score',
            'pace_score',
            'usage_spike_score',
            'rest_advantage',
            'injury_risk',
            'recent_trend',
            'minutes_change',
            'opponent_def_rating',
            'opponent_pace',
            'home_away',
            'back_to_back',
            'playoff_game',
            'pct_paint',
            'pct_mid_range',
            'pct_three',
            'pct_free_throw',
            'team_pace',
            'team_off_rating',
            'team_win_pct'
        ] AS names,
        CASE getvariable('feature_set') WHEN 'v2' THEN 48 WHEN 'v3' THEN 59 ELSE 25 END AS most,
        CASE most WHEN 48 THEN 'v2_48features' WHEN 59 THEN 'v3_59features' ELSE 'v1_baseline_25' END
        || CASE getvariable('rules') WHEN 'production' THEN '' ELSE '+corrected' END AS version
)

SELECT
    staged.player_lookup,
    staged.game_date,
    staged.feature_version,
    staged.feature_count,
    len(staged.features) AS values_found,
    len(staged.feature_names) AS names_found,
    staged.feature_names
FROM ml_feature_store_v2 AS staged, baseline
WHERE staged.feature_version <> baseline.version
    OR staged.feature_count NOT BETWEEN 25 AND baseline.most
    OR len(staged.features) IS DISTINCT FROM staged.feature_count
    OR list_count(staged.features) <> len(staged.features)
    OR len(staged.feature_names) IS DISTINCT FROM staged.feature_count
    OR CASE
        WHEN baseline.most > 25 THEN staged.feature_names[1:25] <> baseline.names
        ELSE staged.feature_names <> baseline.names
    END
