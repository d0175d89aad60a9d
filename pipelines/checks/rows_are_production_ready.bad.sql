-- One row whose source failed.
UPDATE {table}
SET is_production_ready = FALSE, data_quality_issues = ['incomplete_source']
WHERE ({date}, {entity}) = (
        SELECT min(({date}, {entity})) FROM {table}
        WHERE {date} >= getvariable('season_start')
    )
