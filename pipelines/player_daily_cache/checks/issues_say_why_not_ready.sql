-- Issues are empty on a ready row and name the reasons, in order, on any other.
-- severity: block
-- why: a row that is not ready without a reason cannot be repaired; production never filled the list at all.
SELECT
    player_lookup,
    cache_date,
    is_production_ready,
    data_quality_issues,
    CASE getvariable('rules')
        WHEN 'production' THEN CAST([] AS VARCHAR[])
        ELSE list_filter(
            [
                CASE WHEN l10_completeness_pct IS NULL THEN 'no_games_expected' END,
                CASE WHEN l5_completeness_pct IS NOT NULL AND NOT l5_is_complete THEN 'l5_incomplete' END,
                CASE WHEN l10_completeness_pct IS NOT NULL AND NOT l10_is_complete THEN 'l10_incomplete' END,
                CASE WHEN l7d_completeness_pct IS NOT NULL AND NOT l7d_is_complete THEN 'l7d_incomplete' END,
                CASE WHEN l14d_completeness_pct IS NOT NULL AND NOT l14d_is_complete THEN 'l14d_incomplete' END,
                CASE WHEN source_shot_zone_rows_found = 0 THEN 'upstream_player_shot_zone_incomplete' END
            ],
            lambda token: token IS NOT NULL
        )
    END AS issues_expected
FROM player_daily_cache
WHERE data_quality_issues IS DISTINCT FROM issues_expected
    OR (getvariable('rules') = 'corrected' AND (len(data_quality_issues) = 0) IS DISTINCT FROM is_production_ready)
