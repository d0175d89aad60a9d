-- The shots of ten games in one.
UPDATE player_shot_zone_analysis
SET paint_attempts_per_game = 79.0
WHERE (analysis_date, player_lookup) IN (
        SELECT (analysis_date, player_lookup) FROM player_shot_zone_analysis
        ORDER BY analysis_date DESC, player_lookup
        LIMIT 1
    )
