-- The zones of nobody.
UPDATE player_daily_cache
SET source_shot_zone_rows_found = NULL, source_shot_zone_hash = NULL
WHERE (cache_date, player_lookup) = (SELECT max((cache_date, player_lookup)) FROM player_daily_cache)
