-- A date on which usage was unknown and nobody was assisted, among the bigger ones.
UPDATE player_daily_cache
SET usage_rate_last_10 = NULL, assisted_rate_last_10 = 0.00
WHERE cache_date = (
        SELECT max(cache_date) FROM (
            SELECT cache_date FROM player_daily_cache GROUP BY cache_date HAVING count(*) >= 40
        )
    )
