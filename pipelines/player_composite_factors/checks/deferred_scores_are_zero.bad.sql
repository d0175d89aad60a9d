-- The mismatch in the column of opponent strength.
UPDATE player_composite_factors
SET opponent_strength_score = 1.5
WHERE (game_date, player_lookup) = (SELECT max((game_date, player_lookup)) FROM player_composite_factors)
