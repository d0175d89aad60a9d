-- The same row twice, as after a load that was retried.
INSERT INTO player_shot_zone_analysis
SELECT * FROM player_shot_zone_analysis
ORDER BY analysis_date DESC, player_lookup
LIMIT 1
