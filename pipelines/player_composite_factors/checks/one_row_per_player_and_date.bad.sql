-- The same row twice, as after a load that was retried.
INSERT INTO player_composite_factors
SELECT * FROM player_composite_factors
ORDER BY game_date DESC, player_lookup
LIMIT 1
