-- A window is complete when its share of box scores reaches the threshold, and only then.
-- severity: block
-- why: production wrote flags of four windows from two ways of counting. A window in which nothing was due has no share
--      and is not complete. (Shares are stored at one decimal, so that only whole ones can be told from a threshold
--      within 0.05 of them.) The 5-game window is that of the row, and a longer window holds what a shorter one does.
WITH four_windows AS (
    SELECT
        player_lookup,
        cache_date,
        l5_completeness_pct IS DISTINCT FROM completeness_percentage
        OR (
            getvariable('rules') = 'corrected'
            AND (
                (l10_completeness_pct IS NULL) <> (l5_completeness_pct IS NULL)
                OR (l14d_completeness_pct IS NULL AND l7d_completeness_pct IS NOT NULL)
            )
        ) AS contradicts,
        unnest(['l5', 'l10', 'l7d', 'l14d']) AS window_name,
        unnest([l5_completeness_pct, l10_completeness_pct, l7d_completeness_pct, l14d_completeness_pct]) AS share,
        unnest([l5_is_complete, l10_is_complete, l7d_is_complete, l14d_is_complete]) AS is_complete
    FROM player_daily_cache
)

SELECT player_lookup, cache_date, window_name, share, is_complete
FROM four_windows
WHERE contradicts
    OR share < 0
    OR (share > 100 AND getvariable('rules') = 'corrected')
    OR CASE
        WHEN share IS NULL THEN is_complete IS DISTINCT FROM FALSE
        WHEN abs(share - getvariable('readiness_threshold')) > 0.05 OR (share = floor(share) AND share > 0)
            THEN is_complete IS DISTINCT FROM (share >= getvariable('readiness_threshold'))
        ELSE is_complete IS NULL
    END
