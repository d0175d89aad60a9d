-- At home in the column, away in the feature.
UPDATE ml_feature_store_v2
SET features = list_concat(features[1:15], [1 - features[16]], features[17:])
WHERE (game_date, player_lookup) = (SELECT max((game_date, player_lookup)) FROM ml_feature_store_v2)
