-- The flag turned round; where it is unknown by rule, filled.
UPDATE team_defense_zone_analysis
SET early_season_flag = NOT coalesce(early_season_flag, FALSE)
WHERE (analysis_date, team_abbr) IN (
        SELECT (analysis_date, team_abbr) FROM team_defense_zone_analysis ORDER BY analysis_date DESC, team_abbr LIMIT 1
    )
