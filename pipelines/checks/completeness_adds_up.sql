-- The completeness figures of a row agree with each other.
-- severity: block
-- why: production counts expected and actual games by different rules and stores up to 610 %. What was expected and
--      found must give the percentage and the number missing; under the corrected rules found never exceeds expected.
-- with: games; games_in_production = {games}
SELECT
    {entity},
    {date},
    expected_games_count,
    actual_games_count,
    missing_games_count,
    completeness_percentage
FROM {table}
WHERE expected_games_count IS NULL
    OR actual_games_count IS NULL
    OR expected_games_count < 0
    OR expected_games_count
    > CASE getvariable('rules') WHEN 'production' THEN {games_in_production} ELSE {games} END
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
