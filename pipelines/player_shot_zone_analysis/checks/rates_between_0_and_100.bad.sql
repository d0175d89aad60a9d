-- More assisted makes than makes.
UPDATE player_shot_zone_analysis
SET assisted_rate_last_10 = 120.00
WHERE (analysis_date, player_lookup) IN (
        SELECT (analysis_date, player_lookup) FROM player_shot_zone_analysis
        ORDER BY analysis_date DESC, player_lookup
        LIMIT 1
    )
