-- Rates are percentages between 0 and 100.
-- severity: block
-- why: the feature store divides them by 100; a fraction (0.41) or a sum of two windows would pass unseen.
SELECT
    player_lookup,
    analysis_date,
    paint_rate_last_10,
    mid_range_rate_last_10,
    three_pt_rate_last_10,
    paint_rate_last_20,
    assisted_rate_last_10,
    unassisted_rate_last_10
FROM player_shot_zone_analysis
WHERE paint_rate_last_10 NOT BETWEEN 0 AND 100
    OR mid_range_rate_last_10 NOT BETWEEN 0 AND 100
    OR three_pt_rate_last_10 NOT BETWEEN 0 AND 100
    OR paint_rate_last_20 NOT BETWEEN 0 AND 100
    OR assisted_rate_last_10 NOT BETWEEN 0 AND 100
    OR unassisted_rate_last_10 NOT BETWEEN 0 AND 100
