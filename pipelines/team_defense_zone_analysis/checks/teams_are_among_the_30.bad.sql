-- A side of All-Star weekend beside the 30.
INSERT INTO team_defense_zone_analysis
SELECT * REPLACE ('LBN' AS team_abbr) FROM team_defense_zone_analysis
ORDER BY analysis_date DESC, team_abbr
LIMIT 1
