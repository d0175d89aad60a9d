-- Two games' points in one.
UPDATE team_defense_zone_analysis
SET opponent_points_per_game = opponent_points_per_game + 120
WHERE (analysis_date, team_abbr) IN (
        SELECT (analysis_date, team_abbr) FROM team_defense_zone_analysis ORDER BY analysis_date DESC, team_abbr LIMIT 1
    )
