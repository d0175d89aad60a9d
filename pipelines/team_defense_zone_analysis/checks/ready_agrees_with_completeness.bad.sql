-- The flag turned round.
UPDATE team_defense_zone_analysis
SET is_production_ready = NOT is_production_ready
WHERE (analysis_date, team_abbr) IN (
        SELECT (analysis_date, team_abbr) FROM team_defense_zone_analysis
        ORDER BY analysis_date DESC, team_abbr
        LIMIT 1
    )
