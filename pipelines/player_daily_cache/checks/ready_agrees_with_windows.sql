-- A row is ready when its windows are complete and its zones known of; days without a game due do not count.
-- severity: block
-- why: the feature store passes this flag on. Production demanded all four windows, and so dropped every player of a
--      team on its first date after the All-Star break; the rows it kept in its strict months were ready without
--      exception.
SELECT
    player_lookup,
    cache_date,
    l5_is_complete,
    l10_is_complete,
    l7d_is_complete,
    l14d_is_complete,
    source_shot_zone_rows_found,
    all_windows_complete,
    is_production_ready
FROM player_daily_cache
WHERE all_windows_complete
    IS DISTINCT FROM (l5_is_complete AND l10_is_complete AND l7d_is_complete AND l14d_is_complete)
    OR CASE getvariable('rules')
        WHEN 'production'
            THEN is_production_ready IS DISTINCT FROM all_windows_complete
                OR (NOT is_production_ready AND month(cache_date) NOT IN (4, 10, 11))
        ELSE is_production_ready IS DISTINCT FROM (
            l5_is_complete
            AND l10_is_complete
            AND (l7d_is_complete OR l7d_completeness_pct IS NULL)
            AND (l14d_is_complete OR l14d_completeness_pct IS NULL)
            AND source_shot_zone_rows_found > 0
        )
    END
