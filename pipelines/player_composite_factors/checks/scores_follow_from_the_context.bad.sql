-- The pace of another opponent.
UPDATE player_composite_factors
SET pace_score = CASE WHEN pace_score > 0 THEN pace_score - 0.5 ELSE pace_score + 0.5 END
WHERE (game_date, player_lookup) = (SELECT max((game_date, player_lookup)) FROM player_composite_factors)
