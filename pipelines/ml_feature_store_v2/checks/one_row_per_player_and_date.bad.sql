-- The same row twice, as after a load that was retried.
INSERT INTO ml_feature_store_v2
SELECT * FROM ml_feature_store_v2
ORDER BY game_date DESC, player_lookup
LIMIT 1
