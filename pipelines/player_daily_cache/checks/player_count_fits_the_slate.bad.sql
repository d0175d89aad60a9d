-- Eight rows left on the last date.
DELETE FROM player_daily_cache
WHERE cache_date = (SELECT max(cache_date) FROM player_daily_cache)
    AND player_lookup NOT IN (
        SELECT player_lookup FROM player_daily_cache
        WHERE cache_date = (SELECT max(cache_date) FROM player_daily_cache)
        ORDER BY player_lookup
        LIMIT 8
    )
