-- The flag turned round.
UPDATE ml_feature_store_v2
SET is_production_ready = NOT is_production_ready
WHERE (game_date, player_lookup) = (SELECT max((game_date, player_lookup)) FROM ml_feature_store_v2)
