-- A row in August.
INSERT INTO ml_feature_store_v2
SELECT * REPLACE (make_date(year(game_date), 8, 1) AS game_date) FROM ml_feature_store_v2
ORDER BY game_date DESC, player_lookup
LIMIT 1
