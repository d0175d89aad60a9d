-- A hole of one day, as between two batches.
DELETE FROM team_defense_zone_analysis
WHERE analysis_date = (SELECT max(analysis_date) FROM team_defense_zone_analysis)
