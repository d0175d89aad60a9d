-- A date on which every team has won half of its games, or more than that.
UPDATE ml_feature_store_v2
SET features = list_concat(features[1:24], [CASE features[25] WHEN 0.5 THEN 0.6 ELSE 0.5 END])
WHERE game_date = (SELECT max(game_date) FROM ml_feature_store_v2)
