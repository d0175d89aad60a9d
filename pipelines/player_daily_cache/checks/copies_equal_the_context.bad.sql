-- One game in seven days more than the context says.
UPDATE player_daily_cache
SET games_in_last_7_days = games_in_last_7_days + 1
WHERE (cache_date, player_lookup) IN (
        SELECT (cache_date, player_lookup) FROM player_daily_cache
        WHERE games_in_last_7_days IS NOT NULL
        ORDER BY cache_date DESC, player_lookup
        LIMIT 1
    )
