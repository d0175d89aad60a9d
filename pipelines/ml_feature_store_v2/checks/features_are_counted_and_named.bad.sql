-- The list of a later version, a bookmaker's line at its end.
UPDATE ml_feature_store_v2
SET features = list_append(features, 24.5), feature_names = list_append(feature_names, 'vegas_points_line')
WHERE (game_date, player_lookup) = (SELECT max((game_date, player_lookup)) FROM ml_feature_store_v2)
