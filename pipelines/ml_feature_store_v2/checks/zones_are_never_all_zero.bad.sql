-- A date of unknown zones that count as none.
UPDATE ml_feature_store_v2
SET features = list_concat(features[1:18], [0.0, 0.0, 0.0], features[22:])
WHERE game_date = (SELECT max(game_date) FROM ml_feature_store_v2)
