-- The defense of another team.
UPDATE ml_feature_store_v2
SET features = list_concat(features[1:13], [features[14] + 1], features[15:])
WHERE (game_date, player_lookup) = (SELECT max((game_date, player_lookup)) FROM ml_feature_store_v2)
