-- A player has one row per date.
-- severity: block
-- why: a retried load once left copies, and every join on player and date then counts the player twice.
SELECT player_lookup, analysis_date, count(*) AS copies
FROM player_shot_zone_analysis
GROUP BY player_lookup, analysis_date
HAVING count(*) > 1
