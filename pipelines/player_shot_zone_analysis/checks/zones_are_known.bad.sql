-- The last date without zones.
UPDATE player_shot_zone_analysis
SET paint_rate_last_10 = NULL, mid_range_rate_last_10 = NULL, three_pt_rate_last_10 = NULL, total_shots_last_10 = NULL
WHERE analysis_date = (SELECT max(analysis_date) FROM player_shot_zone_analysis)
