-- The average player takes 15-65 % of their shots in the paint, 3-40 % from mid-range and 10-60 % beyond the arc.
-- severity: warn
-- why: unknown zones counted as 0 made every player a 100 % three-point shooter. Four seasons average 43-47, 11-17 and
--      38-44. The averages of a date are judged, not its rows: real centers shoot from one place (125-260 rows a date).
SELECT
    analysis_date,
    round(avg(paint_rate_last_10), 2) AS paint,
    round(avg(mid_range_rate_last_10), 2) AS mid_range,
    round(avg(three_pt_rate_last_10), 2) AS three_pt
FROM player_shot_zone_analysis
GROUP BY analysis_date
HAVING avg(paint_rate_last_10) NOT BETWEEN 15 AND 65
    OR avg(mid_range_rate_last_10) NOT BETWEEN 3 AND 40
    OR avg(three_pt_rate_last_10) NOT BETWEEN 10 AND 60
