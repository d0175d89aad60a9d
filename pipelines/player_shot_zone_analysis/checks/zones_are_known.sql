-- On every date at least 99 % of the players have known rates.
-- severity: warn
-- why: when the player summaries lose their zones, so does this table, quietly. A player who took no shot in his window
--      is rare: 5 in 1,000 at most. Below half the date is worthless (CONTAMINATED), above it is PARTIAL.
SELECT
    analysis_date,
    count(*) AS players,
    count(*) - count(paint_rate_last_10) AS unknown,
    CASE WHEN count(paint_rate_last_10) < 0.5 * count(*) THEN 'CONTAMINATED' ELSE 'PARTIAL' END AS status
FROM player_shot_zone_analysis
GROUP BY analysis_date
HAVING count(paint_rate_last_10) < 0.99 * count(*)
