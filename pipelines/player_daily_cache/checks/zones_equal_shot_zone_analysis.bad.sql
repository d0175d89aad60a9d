-- The zones of another date.
UPDATE player_daily_cache
SET paint_rate_last_10 = paint_rate_last_10 / 2, source_shot_zone_hash = '0123456789abcdef'
WHERE (cache_date, player_lookup) IN (
        SELECT (cache_date, player_lookup) FROM player_daily_cache
        WHERE paint_rate_last_10 > 0
        ORDER BY cache_date DESC, player_lookup
        LIMIT 1
    )
