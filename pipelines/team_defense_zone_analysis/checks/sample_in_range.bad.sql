-- A window of 16 games.
UPDATE team_defense_zone_analysis
SET games_in_sample = 16
WHERE (analysis_date, team_abbr) IN (
        SELECT (analysis_date, team_abbr) FROM team_defense_zone_analysis ORDER BY analysis_date DESC, team_abbr LIMIT 1
    )
