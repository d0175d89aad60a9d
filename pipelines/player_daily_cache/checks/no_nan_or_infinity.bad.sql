-- A window in which nothing was due, divided by it. NUMERIC columns cannot hold it.
UPDATE player_daily_cache
SET l7d_completeness_pct = 'NaN'
WHERE (cache_date, player_lookup) IN (
        SELECT (cache_date, player_lookup) FROM player_daily_cache
        ORDER BY cache_date DESC, player_lookup
        LIMIT 1
    )
