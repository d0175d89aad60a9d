-- The cache of nobody.
UPDATE ml_feature_store_v2
SET source_daily_cache_rows_found = NULL, source_daily_cache_hash = NULL
WHERE (game_date, player_lookup) = (SELECT max((game_date, player_lookup)) FROM ml_feature_store_v2)
