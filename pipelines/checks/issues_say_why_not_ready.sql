-- Issues are empty on a ready row and name the reason on any other.
-- severity: block
-- why: a row that is not ready without a reason cannot be repaired; production never filled the list at all.
SELECT {entity}, {date}, expected_games_count, is_production_ready, data_quality_issues
FROM {table}
WHERE data_quality_issues IS DISTINCT FROM CASE
        WHEN is_production_ready OR getvariable('rules') = 'production' THEN CAST([] AS VARCHAR[])
        WHEN expected_games_count = 0 THEN ['no_games_expected']
        ELSE ['own_data_incomplete']
    END
