-- What unknown zones look like when they count as 0.
UPDATE player_shot_zone_analysis
SET paint_rate_last_10 = 0, mid_range_rate_last_10 = 0, three_pt_rate_last_10 = 100
WHERE analysis_date = (SELECT max(analysis_date) FROM player_shot_zone_analysis)
    AND total_shots_last_10 IS NOT NULL
