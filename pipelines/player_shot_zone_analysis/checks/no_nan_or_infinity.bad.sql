-- The one column of the table that can hold it. NUMERIC cannot.
UPDATE player_shot_zone_analysis
SET completeness_percentage = 'NaN'
WHERE (analysis_date, player_lookup) IN (
        SELECT (analysis_date, player_lookup) FROM player_shot_zone_analysis
        ORDER BY analysis_date DESC, player_lookup
        LIMIT 1
    )
