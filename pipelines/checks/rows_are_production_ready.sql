-- Every row is production ready.
-- severity: warn
-- why: a row is unready when its sources failed; the features take it like any other, so the date has to be looked at.
SELECT
    {date},
    count(DISTINCT {entity}) AS entities,
    count(DISTINCT {entity}) FILTER (WHERE is_production_ready IS NOT TRUE) AS not_ready,
    list_sort(list_distinct(flatten(
        list(data_quality_issues) FILTER (WHERE is_production_ready IS NOT TRUE)
    ))) AS issues
FROM {table}
WHERE {date} >= getvariable('season_start')
    AND {date} < getvariable('season_end')
GROUP BY {date}
HAVING not_ready > 0
