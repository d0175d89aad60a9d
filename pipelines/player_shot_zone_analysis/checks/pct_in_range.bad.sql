-- A percentage where a fraction belongs.
UPDATE player_shot_zone_analysis
SET paint_pct_last_10 = 62.000
WHERE (analysis_date, player_lookup) IN (
        SELECT (analysis_date, player_lookup) FROM player_shot_zone_analysis
        ORDER BY analysis_date DESC, player_lookup
        LIMIT 1
    )
