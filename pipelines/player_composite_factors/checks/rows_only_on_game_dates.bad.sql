-- A row in August.
INSERT INTO player_composite_factors
SELECT * REPLACE (make_date(year(game_date), 8, 1) AS game_date) FROM player_composite_factors
ORDER BY game_date DESC, player_lookup
LIMIT 1
