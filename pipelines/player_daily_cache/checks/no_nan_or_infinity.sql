-- No number is NaN or infinite.
-- severity: block
-- why: the mean of nothing is NaN in production, and NaN passes every comparison the wrong way round; unknown is NULL.
SELECT
    player_lookup,
    cache_date,
    completeness_percentage,
    l5_completeness_pct,
    l10_completeness_pct,
    l7d_completeness_pct,
    l14d_completeness_pct
FROM player_daily_cache
WHERE NOT isfinite(completeness_percentage)
    OR NOT isfinite(l5_completeness_pct)
    OR NOT isfinite(l10_completeness_pct)
    OR NOT isfinite(l7d_completeness_pct)
    OR NOT isfinite(l14d_completeness_pct)
