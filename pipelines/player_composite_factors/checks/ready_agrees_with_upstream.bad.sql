-- The flag turned round.
UPDATE player_composite_factors
SET is_production_ready = NOT is_production_ready
WHERE (game_date, player_lookup) = (SELECT max((game_date, player_lookup)) FROM player_composite_factors)
