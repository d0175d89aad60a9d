-- The completeness figures of a row agree with each other.
-- severity: block
-- why: production counts expected and actual games by different rules and stores 320 %. What was expected and found
--      must give the percentage, the number missing and the share of the 5-game window; under the corrected rules found
--      never exceeds expected.
SELECT
    player_lookup,
    cache_date,
    expected_games_count,
    actual_games_count,
    missing_games_count,
    completeness_percentage,
    l5_completeness_pct,
    l10_completeness_pct,
    l7d_completeness_pct,
    l14d_completeness_pct
FROM player_daily_cache
WHERE expected_games_count IS NULL
    OR actual_games_count IS NULL
    OR expected_games_count NOT BETWEEN 0 AND 5
    OR actual_games_count < 0
    OR missing_games_count IS DISTINCT FROM greatest(expected_games_count - actual_games_count, 0)
    OR CASE
        WHEN expected_games_count > 0
            THEN completeness_percentage IS NULL
                OR abs(completeness_percentage - actual_games_count / expected_games_count * 100) > 0.0500001
        WHEN getvariable('rules') = 'production' THEN completeness_percentage IS DISTINCT FROM 0
        ELSE completeness_percentage IS NOT NULL
    END
    OR l5_completeness_pct IS DISTINCT FROM completeness_percentage
    OR least(l10_completeness_pct, l7d_completeness_pct, l14d_completeness_pct) < 0
    OR (
        getvariable('rules') = 'corrected'
        AND (
            actual_games_count > expected_games_count
            OR greatest(l10_completeness_pct, l7d_completeness_pct, l14d_completeness_pct) > 100
            OR (l10_completeness_pct IS NULL) <> (l5_completeness_pct IS NULL)
            OR (l14d_completeness_pct IS NULL AND l7d_completeness_pct IS NOT NULL)
        )
    )
