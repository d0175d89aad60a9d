-- A decimal point lost.
UPDATE {table}
SET {line} = 255
WHERE (player_lookup, game_date) = (
        SELECT (player_lookup, max(game_date)) FROM player_game_summary
        GROUP BY player_lookup HAVING count(*) > 60 ORDER BY player_lookup LIMIT 1
    )
