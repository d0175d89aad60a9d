-- The one column of the table that can hold it. NUMERIC cannot.
UPDATE team_defense_zone_analysis
SET completeness_percentage = 'NaN'
WHERE (analysis_date, team_abbr) IN (
        SELECT (analysis_date, team_abbr) FROM team_defense_zone_analysis
        ORDER BY analysis_date DESC, team_abbr
        LIMIT 1
    )
