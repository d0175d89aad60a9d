-- A tier that does not belong to the sample.
UPDATE team_defense_zone_analysis
SET data_quality_tier = CASE data_quality_tier WHEN 'high' THEN 'low' ELSE 'high' END
WHERE (analysis_date, team_abbr) = (SELECT max((analysis_date, team_abbr)) FROM team_defense_zone_analysis)
