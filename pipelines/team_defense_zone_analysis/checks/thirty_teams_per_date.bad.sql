-- 29 of 30.
DELETE FROM team_defense_zone_analysis
WHERE (analysis_date, team_abbr) = (SELECT max((analysis_date, team_abbr)) FROM team_defense_zone_analysis)
