-- A window of 21 games.
UPDATE player_shot_zone_analysis
SET games_in_sample_20 = 21
WHERE (analysis_date, player_lookup) IN (
        SELECT (analysis_date, player_lookup) FROM player_shot_zone_analysis
        ORDER BY analysis_date DESC, player_lookup
        LIMIT 1
    )
