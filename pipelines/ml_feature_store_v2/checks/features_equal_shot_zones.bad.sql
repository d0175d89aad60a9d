-- Half of the player's shots in the paint.
UPDATE ml_feature_store_v2
SET features = list_concat(features[1:18], [features[19] / 2 + 0.001], features[20:])
WHERE (game_date, player_lookup) = (SELECT max((game_date, player_lookup)) FROM ml_feature_store_v2)
