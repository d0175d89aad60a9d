-- The zones of a fourth of the players lost.
UPDATE player_daily_cache
SET paint_rate_last_10 = NULL, three_pt_rate_last_10 = NULL
WHERE cache_date = (SELECT max(cache_date) FROM player_daily_cache) AND hash(player_lookup) % 4 = 0
