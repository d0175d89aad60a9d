-- A row of the other rule set.
UPDATE player_daily_cache
SET cache_version = CASE cache_version WHEN 'v1' THEN 'v1+corrected' ELSE 'v1' END
WHERE (cache_date, player_lookup) IN (
        SELECT (cache_date, player_lookup) FROM player_daily_cache
        ORDER BY cache_date DESC, player_lookup
        LIMIT 1
    )
