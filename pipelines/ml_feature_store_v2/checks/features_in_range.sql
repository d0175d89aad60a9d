-- Every feature lies in the range that its definition allows.
-- severity: block
-- why: a bookmaker's line once got into other features, and fatigue 0 on six days of January 2026 (35 is the least
--      there is). Bounds are those of the formulas, and for averages those of the upstream tables; the live ones ask
--      for at most 4 games in 7 days (5 are real) and ratings of 90-130 (rarely more over five games).
SELECT
    player_lookup,
    game_date,
    list_filter(
        [
            CASE WHEN features[1] NOT BETWEEN 0 AND 70 THEN 'points_avg_last_5' END,
            CASE WHEN features[2] NOT BETWEEN 0 AND 60 THEN 'points_avg_last_10' END,
            CASE WHEN features[3] NOT BETWEEN 0 AND 60 THEN 'points_avg_season' END,
            CASE WHEN features[4] NOT BETWEEN 0 AND 35 THEN 'points_std_last_10' END,
            CASE WHEN features[5] NOT BETWEEN 0 AND 7 THEN 'games_in_last_7_days' END,
            CASE WHEN features[6] NOT BETWEEN 35 AND 100 THEN 'fatigue_score' END,
            CASE WHEN features[7] NOT BETWEEN -10 AND 10 THEN 'shot_zone_mismatch_score' END,
            CASE WHEN features[8] NOT BETWEEN -3 AND 3 THEN 'pace_score' END,
            CASE WHEN features[9] NOT BETWEEN -3 AND 3 THEN 'usage_spike_score' END,
            CASE WHEN features[10] NOT IN (-2, -1, 0, 1, 2) THEN 'rest_advantage' END,
            CASE WHEN features[11] NOT IN (0, 1, 2, 3) THEN 'injury_risk' END,
            CASE WHEN features[12] NOT IN (-2, -1, 0, 1, 2) THEN 'recent_trend' END,
            CASE WHEN features[13] NOT IN (-2, -1, 0, 1, 2) THEN 'minutes_change' END,
            CASE WHEN features[14] NOT BETWEEN 70 AND 150 THEN 'opponent_def_rating' END,
            CASE WHEN features[15] NOT BETWEEN 70 AND 140 THEN 'opponent_pace' END,
            CASE WHEN features[16] NOT IN (0, 1) THEN 'home_away' END,
            CASE WHEN features[17] NOT IN (0, 1) THEN 'back_to_back' END,
            CASE WHEN features[18] NOT IN (0, 1) THEN 'playoff_game' END,
            CASE WHEN features[19] NOT BETWEEN 0 AND 1 THEN 'pct_paint' END,
            CASE WHEN features[20] NOT BETWEEN 0 AND 1 THEN 'pct_mid_range' END,
            CASE WHEN features[21] NOT BETWEEN 0 AND 1 THEN 'pct_three' END,
            CASE WHEN features[22] NOT BETWEEN 0 AND 0.5 THEN 'pct_free_throw' END,
            CASE WHEN features[23] NOT BETWEEN 70 AND 140 THEN 'team_pace' END,
            CASE WHEN features[24] NOT BETWEEN 70 AND 150 THEN 'team_off_rating' END,
            CASE WHEN features[25] NOT BETWEEN 0 AND 1 THEN 'team_win_pct' END
        ],
        lambda name: name IS NOT NULL
    ) AS out_of_range,
    features
FROM ml_feature_store_v2
WHERE len(out_of_range) > 0
