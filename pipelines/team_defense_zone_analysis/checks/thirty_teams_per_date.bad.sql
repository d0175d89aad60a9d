-- 29 of 30.
DELETE FROM team_defense_zone_analysis
WHERE (analysis_date, team_abbr) IN (
        SELECT (analysis_date, team_abbr) FROM team_defense_zone_analysis ORDER BY analysis_date DESC, team_abbr LIMIT 1
    )
