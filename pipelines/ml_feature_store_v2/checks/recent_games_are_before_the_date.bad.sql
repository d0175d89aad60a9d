-- An average that holds the game of the date itself, with 40 points.
UPDATE ml_feature_store_v2
SET features = list_concat([features[1] + 3], features[2:])
WHERE (game_date, player_lookup) = (SELECT max((game_date, player_lookup)) FROM ml_feature_store_v2)
