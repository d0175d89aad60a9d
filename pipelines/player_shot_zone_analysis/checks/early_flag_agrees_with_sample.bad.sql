-- The flag turned round.
UPDATE player_shot_zone_analysis
SET early_season_flag = NOT early_season_flag
WHERE (analysis_date, player_lookup) IN (
        SELECT (analysis_date, player_lookup) FROM player_shot_zone_analysis
        ORDER BY analysis_date DESC, player_lookup
        LIMIT 1
    )
