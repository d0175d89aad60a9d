-- The same row twice, as after a load that was retried.
INSERT INTO team_defense_zone_analysis
SELECT * FROM team_defense_zone_analysis
ORDER BY analysis_date DESC, team_abbr
LIMIT 1
