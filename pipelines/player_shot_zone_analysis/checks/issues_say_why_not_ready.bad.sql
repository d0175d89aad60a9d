-- A complaint on a row that is ready, none on a row that is not.
UPDATE player_shot_zone_analysis
SET data_quality_issues = CASE WHEN len(data_quality_issues) = 0 THEN ['own_data_incomplete'] ELSE [] END
WHERE (analysis_date, player_lookup) IN (
        SELECT (analysis_date, player_lookup) FROM player_shot_zone_analysis
        ORDER BY analysis_date DESC, player_lookup
        LIMIT 1
    )
