-- A total that counts a back-to-back twice.
UPDATE player_composite_factors
SET total_composite_adjustment = total_composite_adjustment - 0.75
WHERE (game_date, player_lookup) = (SELECT max((game_date, player_lookup)) FROM player_composite_factors)
