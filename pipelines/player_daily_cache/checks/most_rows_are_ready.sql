-- On every date at least 70 % of the rows are production ready.
-- severity: warn
-- why: predictions are made from ready rows; a date whose box scores were not loaded is there and useless. 70 is the
--      live validator's bound.
SELECT
    cache_date,
    count(*) AS players,
    count(*) FILTER (WHERE is_production_ready) AS ready
FROM player_daily_cache
GROUP BY cache_date
HAVING ready < 0.7 * players
