-- One row whose source failed.
UPDATE team_defense_game_summary
SET is_production_ready = FALSE, data_quality_issues = ['incomplete_source']
WHERE (game_date, defending_team_abbr) IN (
        SELECT (game_date, defending_team_abbr) FROM team_defense_game_summary
        WHERE game_date >= make_date(getvariable('season'), 7, 1)
        ORDER BY game_date, defending_team_abbr
        LIMIT 1
    )
