-- One row whose source failed.
UPDATE upcoming_player_game_context
SET is_production_ready = FALSE, data_quality_issues = ['incomplete_source']
WHERE (game_date, player_lookup) IN (
        SELECT (game_date, player_lookup) FROM upcoming_player_game_context
        WHERE game_date >= getvariable('season_start')
        ORDER BY game_date, player_lookup
        LIMIT 1
    )
