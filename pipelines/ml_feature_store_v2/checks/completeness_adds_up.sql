-- The completeness figures of a row agree with each other.
-- severity: block
-- why: production counts expected and actual games by different rules and stores 610 %. What was expected and found
--      must give the percentage and the number missing; under the corrected rules found never exceeds expected.
SELECT
    player_lookup,
    game_date,
    expected_games_count,
    actual_games_count,
    missing_games_count,
    completeness_percentage
FROM ml_feature_store_v2
WHERE expected_games_count IS NULL
    OR actual_games_count IS NULL
    OR expected_games_count NOT BETWEEN 0 AND 10
    OR actual_games_count < 0
    OR missing_games_count IS DISTINCT FROM greatest(expected_games_count - actual_games_count, 0)
    OR CASE
        WHEN expected_games_count > 0
            THEN completeness_percentage IS NULL
                OR abs(completeness_percentage - actual_games_count / expected_games_count * 100) > 0.0500001
        WHEN getvariable('rules') = 'production' THEN completeness_percentage IS DISTINCT FROM 0
        ELSE completeness_percentage IS NOT NULL
    END
    OR (getvariable('rules') = 'corrected' AND actual_games_count > expected_games_count)
