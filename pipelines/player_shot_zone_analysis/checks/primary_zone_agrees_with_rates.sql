-- The primary zone follows from the rates: paint from 40, else perimeter from 40, mid-range from 35, else balanced.
-- severity: block
-- why: word and rates are read by different tables; a document says 30 for mid-range, the code has always said 35.
SELECT
    player_lookup,
    analysis_date,
    paint_rate_last_10,
    mid_range_rate_last_10,
    three_pt_rate_last_10,
    primary_scoring_zone
FROM player_shot_zone_analysis
WHERE primary_scoring_zone IS DISTINCT FROM CASE
        WHEN paint_rate_last_10 >= 40 THEN 'paint'
        WHEN three_pt_rate_last_10 >= 40 THEN 'perimeter'
        WHEN mid_range_rate_last_10 >= 35 THEN 'mid_range'
        WHEN greatest(paint_rate_last_10, mid_range_rate_last_10, three_pt_rate_last_10) > 0 THEN 'balanced'
    END
