-- One game more expected than the rest of the row admits.
UPDATE team_defense_zone_analysis
SET expected_games_count = expected_games_count + 1
WHERE (analysis_date, team_abbr) IN (
        SELECT (analysis_date, team_abbr) FROM team_defense_zone_analysis
        ORDER BY analysis_date DESC, team_abbr
        LIMIT 1
    )
