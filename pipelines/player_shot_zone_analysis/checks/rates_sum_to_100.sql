-- The three rates share one total: they add up to 100 and are unknown together with it.
-- severity: block
-- why: with zones unknown in the source every scorer became 0 / 0 / 100; with one zone known apart from the others the
--      three no longer describe the same shots. Rounding moves the sum by 0.01; 2 is the bound of the live validator.
SELECT
    player_lookup,
    analysis_date,
    paint_rate_last_10,
    mid_range_rate_last_10,
    three_pt_rate_last_10,
    total_shots_last_10
FROM player_shot_zone_analysis
WHERE abs(paint_rate_last_10 + mid_range_rate_last_10 + three_pt_rate_last_10 - 100) > 2
    OR (paint_rate_last_10 IS NULL) <> (total_shots_last_10 IS NULL)
    OR (mid_range_rate_last_10 IS NULL) <> (total_shots_last_10 IS NULL)
    OR (three_pt_rate_last_10 IS NULL) <> (total_shots_last_10 IS NULL)
