-- A hole of one day, as between two batches.
DELETE FROM player_daily_cache
WHERE cache_date = (SELECT max(cache_date) FROM player_daily_cache)
