-- A count that no game has seen.
UPDATE player_game_summary
SET points = 10000000
WHERE (player_lookup, game_date) = (SELECT min((player_lookup, game_date)) FROM player_game_summary)
