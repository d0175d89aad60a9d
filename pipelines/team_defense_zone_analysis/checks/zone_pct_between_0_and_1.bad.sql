-- A percentage where a fraction belongs.
UPDATE team_defense_zone_analysis
SET paint_pct_allowed_last_15 = 58.000
WHERE (analysis_date, team_abbr) IN (
        SELECT (analysis_date, team_abbr) FROM team_defense_zone_analysis ORDER BY analysis_date DESC, team_abbr LIMIT 1
    )
