-- Another person's id on the newest row of a player.
UPDATE {table}
SET universal_player_id = 'somebody_else_001'
WHERE (player_lookup, game_date) = (
        SELECT (player_lookup, max(game_date)) FROM {table} GROUP BY player_lookup ORDER BY player_lookup LIMIT 1
    )
