-- Figures over 20 games from a handful.
UPDATE player_shot_zone_analysis
SET paint_rate_last_20 = 50.00, paint_pct_last_20 = 0.500
WHERE (analysis_date, player_lookup) IN (
        SELECT (analysis_date, player_lookup) FROM player_shot_zone_analysis
        WHERE games_in_sample_20 < 15
        ORDER BY analysis_date DESC, player_lookup
        LIMIT 1
    )
