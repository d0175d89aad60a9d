-- Rows lie on game dates outside the bootstrap days.
-- severity: block
-- why: a cache of a day without games is read by nobody and counts as coverage that is not there; in the bootstrap days
--      an average is one of two or three games.
SELECT staged.cache_date, staged.rows_found, staged.first_of_them, dates.state
FROM (
    SELECT
        cache_date,
        count(*) AS rows_found,
        min(player_lookup) AS first_of_them,
        bool_and(backfill_bootstrap_mode IS TRUE) AS forced
    FROM player_daily_cache
    GROUP BY cache_date
) AS staged
LEFT JOIN dates ON dates.cache_date = staged.cache_date
WHERE dates.cache_date IS NULL
    OR dates.state = 'no_games'
    OR (dates.state = 'bootstrap' AND NOT staged.forced)
