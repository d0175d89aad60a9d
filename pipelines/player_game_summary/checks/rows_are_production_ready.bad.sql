-- One row whose source failed.
UPDATE player_game_summary
SET is_production_ready = FALSE, data_quality_issues = ['incomplete_source']
WHERE (game_date, player_lookup) IN (
        SELECT (game_date, player_lookup) FROM player_game_summary
        WHERE game_date >= make_date(getvariable('season'), 7, 1)
        ORDER BY game_date, player_lookup
        LIMIT 1
    )
