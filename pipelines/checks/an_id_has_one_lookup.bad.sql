-- A Cyrillic letter in the name of one player on one date.
UPDATE {table} SET player_lookup = player_lookup || 'а'
WHERE (game_date, player_lookup) = (SELECT max((game_date, player_lookup)) FROM {table})
