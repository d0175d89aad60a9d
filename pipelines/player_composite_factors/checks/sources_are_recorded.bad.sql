-- The defense of nobody.
UPDATE player_composite_factors
SET source_team_defense_rows_found = NULL, source_team_defense_hash = NULL
WHERE (game_date, player_lookup) = (SELECT max((game_date, player_lookup)) FROM player_composite_factors)
