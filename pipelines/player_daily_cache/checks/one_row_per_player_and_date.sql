-- A player has one row per date.
-- severity: block
-- why: 34,728 copies of context rows had to be removed from the warehouse; a row is driven by one, and whoever joins on
--      player and date counts a player with two rows twice.
SELECT player_lookup, cache_date, count(*) AS copies
FROM player_daily_cache
GROUP BY player_lookup, cache_date
HAVING count(*) > 1
