-- A player has one row per date.
-- severity: block
-- why: 165 copies had to be removed from this table in December 2025; training would have counted their games twice.
SELECT player_lookup, game_date, count(*) AS copies
FROM ml_feature_store_v2
GROUP BY player_lookup, game_date
HAVING count(*) > 1
