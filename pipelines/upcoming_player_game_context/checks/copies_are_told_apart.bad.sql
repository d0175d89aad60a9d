-- A row stored twice, with another value and the same time and hash.
INSERT INTO upcoming_player_game_context
SELECT * REPLACE (coalesce(days_rest, 0) + 1 AS days_rest)
FROM upcoming_player_game_context
WHERE (player_lookup, game_date) = (SELECT min((player_lookup, game_date)) FROM upcoming_player_game_context)
