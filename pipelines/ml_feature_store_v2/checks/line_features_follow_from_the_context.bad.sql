-- The league's mean in place of a line that nobody offers.
UPDATE ml_feature_store_v2
SET features = list_concat(features, [12.5, 1.0]),
    feature_names = list_concat(feature_names, ['vegas_points_line', 'has_vegas_line'])
WHERE (game_date, player_lookup) = (SELECT max((game_date, player_lookup)) FROM ml_feature_store_v2)
