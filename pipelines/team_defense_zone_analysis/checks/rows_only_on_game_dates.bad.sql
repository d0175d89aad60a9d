-- A row in August.
INSERT INTO team_defense_zone_analysis
SELECT * REPLACE (make_date(year(analysis_date), 8, 1) AS analysis_date) FROM team_defense_zone_analysis
ORDER BY analysis_date DESC, team_abbr
LIMIT 1
