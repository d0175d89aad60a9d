-- A row in August.
INSERT INTO player_daily_cache
SELECT * REPLACE (make_date(year(cache_date), 8, 1) AS cache_date) FROM player_daily_cache
ORDER BY cache_date DESC, player_lookup
LIMIT 1
