-- The points of ten games in place of their mean.
UPDATE player_daily_cache
SET points_avg_last_10 = 100 + 10 * points_avg_last_10
WHERE (cache_date, player_lookup) IN (
        SELECT (cache_date, player_lookup) FROM player_daily_cache
        ORDER BY cache_date DESC, player_lookup
        LIMIT 1
    )
