-- A row is production ready when its completeness reaches the threshold, and only then.
-- severity: block
-- why: PCF, PDC and the feature store pass this flag on; nothing expected is not the same as nothing missing.
SELECT
    {entity},
    {date},
    expected_games_count,
    actual_games_count,
    completeness_percentage,
    is_production_ready
FROM {table}
WHERE is_production_ready IS DISTINCT FROM coalesce(
        actual_games_count / nullif(expected_games_count, 0) * 100 >= getvariable('readiness_threshold'), FALSE
    )
