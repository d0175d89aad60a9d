-- A note about threes that were counted; where the note is true, no note.
UPDATE team_defense_zone_analysis
SET calculation_notes = CASE WHEN calculation_notes IS NULL THEN 'No three-point attempts' END
WHERE (analysis_date, team_abbr) = (SELECT max((analysis_date, team_abbr)) FROM team_defense_zone_analysis)
