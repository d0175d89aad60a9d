-- A complaint on a row that is ready, none on a row that is not.
UPDATE team_defense_zone_analysis
SET data_quality_issues = CASE WHEN len(data_quality_issues) = 0 THEN ['own_data_incomplete'] ELSE [] END
WHERE (analysis_date, team_abbr) IN (
        SELECT (analysis_date, team_abbr) FROM team_defense_zone_analysis
        ORDER BY analysis_date DESC, team_abbr
        LIMIT 1
    )
