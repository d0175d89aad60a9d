-- A player has one row per date.
-- severity: block
-- why: a row is driven by a context row, of which there were up to eight copies (34,728 too many); whoever joins on
--      player and date counts a player with two rows twice.
SELECT player_lookup, game_date, count(*) AS copies
FROM player_composite_factors
GROUP BY player_lookup, game_date
HAVING count(*) > 1
