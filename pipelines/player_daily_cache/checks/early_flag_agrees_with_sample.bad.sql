-- The flag turned round.
UPDATE player_daily_cache
SET early_season_flag = NOT early_season_flag
WHERE (cache_date, player_lookup) IN (
        SELECT (cache_date, player_lookup) FROM player_daily_cache
        ORDER BY cache_date DESC, player_lookup
        LIMIT 1
    )
