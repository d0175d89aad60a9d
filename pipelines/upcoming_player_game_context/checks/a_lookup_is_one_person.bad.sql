-- Another person's id on the newest row of a player.
UPDATE upcoming_player_game_context
SET universal_player_id = 'somebody_else_001'
WHERE (player_lookup, game_date) = (
        SELECT (player_lookup, max(game_date)) FROM upcoming_player_game_context GROUP BY player_lookup ORDER BY player_lookup LIMIT 1
    )
