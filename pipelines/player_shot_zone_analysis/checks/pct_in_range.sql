-- The share of shots made in a zone lies between 0 and 1.
-- severity: block
-- why: a percentage is the wrong unit. Production sums makes and attempts over different games, so that its shares may
--      exceed 1; 1.5 is the bound its own validator set.
SELECT
    player_lookup,
    analysis_date,
    paint_pct_last_10,
    mid_range_pct_last_10,
    three_pt_pct_last_10,
    paint_pct_last_20
FROM player_shot_zone_analysis
WHERE least(paint_pct_last_10, mid_range_pct_last_10, three_pt_pct_last_10, paint_pct_last_20) < 0
    OR greatest(paint_pct_last_10, mid_range_pct_last_10, three_pt_pct_last_10, paint_pct_last_20)
    > CASE getvariable('rules') WHEN 'production' THEN 1.5 ELSE 1 END
