-- A complaint on a row that is ready, none on a row that is not.
UPDATE player_composite_factors
SET data_quality_issues = CASE WHEN len(data_quality_issues) = 0 THEN ['own_data_incomplete'] ELSE [] END
WHERE (game_date, player_lookup) = (SELECT max((game_date, player_lookup)) FROM player_composite_factors)
