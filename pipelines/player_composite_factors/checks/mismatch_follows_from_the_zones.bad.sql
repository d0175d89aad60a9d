-- The defense of another opponent.
UPDATE player_composite_factors
SET
    shot_zone_mismatch_score = CASE
        WHEN shot_zone_mismatch_score > 0 THEN shot_zone_mismatch_score - 2
        ELSE shot_zone_mismatch_score + 2
    END
WHERE (game_date, player_lookup) = (SELECT max((game_date, player_lookup)) FROM player_composite_factors)
