-- The mismatch of another opponent.
UPDATE ml_feature_store_v2
SET features = list_concat(features[1:6], [features[7] + 0.5], features[8:])
WHERE (game_date, player_lookup) = (SELECT max((game_date, player_lookup)) FROM ml_feature_store_v2)
