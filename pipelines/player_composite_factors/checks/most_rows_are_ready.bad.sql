-- A date whose opponents had no context.
UPDATE player_composite_factors
SET is_production_ready = FALSE
WHERE game_date = (SELECT max(game_date) FROM player_composite_factors)
