-- The flag turned round for one player.
UPDATE upcoming_player_game_context
SET back_to_back = NOT back_to_back
WHERE (game_date, player_lookup) IN (
        SELECT (game_date, player_lookup) FROM upcoming_player_game_context
        WHERE game_date >= getvariable('season_start')
        ORDER BY game_date, player_lookup
        LIMIT 1
    )
