-- A complaint on a row that is ready, none on a row that is not.
UPDATE {table}
SET data_quality_issues = CASE WHEN len(data_quality_issues) = 0 THEN ['own_data_incomplete'] ELSE [] END
WHERE ({date}, {entity}) = (SELECT max(({date}, {entity})) FROM {table})
