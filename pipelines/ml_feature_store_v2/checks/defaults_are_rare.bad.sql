-- A date without defense rows.
UPDATE ml_feature_store_v2
SET features = list_concat(features[1:13], [112.0, 100.0], features[16:])
WHERE game_date = (SELECT max(game_date) FROM ml_feature_store_v2)
