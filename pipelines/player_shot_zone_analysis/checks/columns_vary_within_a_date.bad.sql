-- A day on which assists were not recorded.
UPDATE player_shot_zone_analysis
SET assisted_rate_last_10 = 0.00, unassisted_rate_last_10 = NULL
WHERE analysis_date = (SELECT max(analysis_date) FROM player_shot_zone_analysis)
