-- The last date computed from sources that are ten days old.
UPDATE team_defense_zone_analysis
SET source_team_defense_last_updated = source_team_defense_last_updated - INTERVAL 10 DAYS
WHERE analysis_date = (SELECT max(analysis_date) FROM team_defense_zone_analysis)
