-- The average player shoots 20-55 % of their shots in the paint, 8-35 % from mid-range, 20-55 % beyond the arc.
-- severity: warn
-- why: unknown zones counted as 0 leave everything to the three-point line, and each row still looks possible. Four
--      seasons average 35-51, 11-20 and 35-50 a date.
SELECT
    game_date,
    round(avg(features[19]), 4) AS paint,
    round(avg(features[20]), 4) AS mid_range,
    round(avg(features[21]), 4) AS three
FROM ml_feature_store_v2
GROUP BY game_date
HAVING paint NOT BETWEEN 0.20 AND 0.55 OR mid_range NOT BETWEEN 0.08 AND 0.35 OR three NOT BETWEEN 0.20 AND 0.55
