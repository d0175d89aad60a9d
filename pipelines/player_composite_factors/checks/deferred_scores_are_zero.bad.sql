-- The mismatch in the column of opponent strength.
UPDATE player_composite_factors
SET opponent_strength_score = 1.5
WHERE (game_date, player_lookup) IN (
        SELECT (game_date, player_lookup) FROM player_composite_factors
        ORDER BY game_date DESC, player_lookup
        LIMIT 1
    )
