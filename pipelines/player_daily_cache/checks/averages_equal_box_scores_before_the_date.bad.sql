-- A window that holds the game of the date itself, with 40 points.
UPDATE player_daily_cache
SET points_avg_last_5 = points_avg_last_5 + 3.0
WHERE (cache_date, player_lookup) = (SELECT max((cache_date, player_lookup)) FROM player_daily_cache)
