-- Fatigue 0 on all rows of a date.
UPDATE player_composite_factors
SET fatigue_score = 0
WHERE game_date = (SELECT max(game_date) FROM player_composite_factors)
