-- Fatigue 0 on all rows of a date.
UPDATE ml_feature_store_v2
SET features = list_concat(features[1:5], [0.0], features[7:])
WHERE game_date = (SELECT max(game_date) FROM ml_feature_store_v2)
