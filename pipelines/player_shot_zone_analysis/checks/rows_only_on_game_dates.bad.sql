-- A row in August.
INSERT INTO player_shot_zone_analysis
SELECT * REPLACE (make_date(year(analysis_date), 8, 1) AS analysis_date) FROM player_shot_zone_analysis
ORDER BY analysis_date DESC, player_lookup
LIMIT 1
