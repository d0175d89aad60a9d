-- A hole of one day, as between two batches.
DELETE FROM player_shot_zone_analysis
WHERE analysis_date = (SELECT max(analysis_date) FROM player_shot_zone_analysis)
