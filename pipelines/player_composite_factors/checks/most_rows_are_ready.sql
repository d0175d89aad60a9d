-- On every date from the fourth week on, at least half of the rows are production ready.
-- severity: warn
-- why: when the context of the opponents was not ready, small slates lost 70 % of their rows. Before that week nearly
--      half of the listed really have no zones yet, later in the season 5 to 15 %.
SELECT
    game_date,
    count(*) AS players,
    count(*) FILTER (WHERE is_production_ready) AS ready
FROM player_composite_factors
GROUP BY game_date
HAVING ready < 0.5 * players AND game_date >= (SELECT min(dates.game_date) FROM dates) + 21
