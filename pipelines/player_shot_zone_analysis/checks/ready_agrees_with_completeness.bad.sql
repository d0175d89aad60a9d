-- The flag turned round.
UPDATE player_shot_zone_analysis
SET is_production_ready = NOT is_production_ready
WHERE (analysis_date, player_lookup) IN (
        SELECT (analysis_date, player_lookup) FROM player_shot_zone_analysis
        ORDER BY analysis_date DESC, player_lookup
        LIMIT 1
    )
