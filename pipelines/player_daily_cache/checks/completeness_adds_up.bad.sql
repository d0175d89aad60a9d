-- One game more expected than the rest of the row admits.
UPDATE player_daily_cache
SET expected_games_count = expected_games_count + 1
WHERE (cache_date, player_lookup) IN (
        SELECT (cache_date, player_lookup) FROM player_daily_cache
        ORDER BY cache_date DESC, player_lookup
        LIMIT 1
    )
