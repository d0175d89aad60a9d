-- The pace of another team.
UPDATE ml_feature_store_v2
SET features = list_concat(features[1:22], [features[23] + 0.3], features[24:])
WHERE (game_date, player_lookup) = (SELECT max((game_date, player_lookup)) FROM ml_feature_store_v2)
