-- Home and away exchanged in the id.
UPDATE ml_feature_store_v2
SET game_id = split_part(game_id, '_', 1) || '_' || split_part(game_id, '_', 3) || '_' || split_part(game_id, '_', 2)
WHERE (game_date, player_lookup) = (SELECT max((game_date, player_lookup)) FROM ml_feature_store_v2)
