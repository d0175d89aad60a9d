-- A row stored twice, with another value and the same time and hash.
INSERT INTO player_game_summary
SELECT * REPLACE (coalesce(points, 0) + 1 AS points)
FROM player_game_summary
WHERE (player_lookup, game_date) = (SELECT min((player_lookup, game_date)) FROM player_game_summary)
