-- The same row twice, as after a load that was retried.
INSERT INTO player_daily_cache
SELECT * FROM player_daily_cache
ORDER BY cache_date DESC, player_lookup
LIMIT 1
