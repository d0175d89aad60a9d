-- The flag turned round.
UPDATE player_daily_cache
SET is_production_ready = NOT is_production_ready
WHERE (cache_date, player_lookup) = (SELECT max((cache_date, player_lookup)) FROM player_daily_cache)
