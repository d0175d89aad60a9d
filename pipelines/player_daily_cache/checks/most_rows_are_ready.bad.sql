-- The date after one whose box scores were not loaded.
UPDATE player_daily_cache
SET is_production_ready = FALSE
WHERE cache_date = (SELECT max(cache_date) FROM player_daily_cache)
