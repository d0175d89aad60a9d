-- One player lost without a word.
DELETE FROM player_daily_cache
WHERE (cache_date, player_lookup) IN (
        SELECT (cache_date, player_lookup) FROM player_daily_cache
        ORDER BY cache_date DESC, player_lookup
        LIMIT 1
    )
