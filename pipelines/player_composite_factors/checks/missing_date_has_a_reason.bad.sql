-- A hole of one day, as between two batches.
DELETE FROM player_composite_factors
WHERE game_date = (SELECT max(game_date) FROM player_composite_factors)
