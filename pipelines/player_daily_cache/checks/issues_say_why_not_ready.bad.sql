-- A complaint on a row that is ready, none on a row that is not.
UPDATE player_daily_cache
SET data_quality_issues = CASE WHEN len(data_quality_issues) = 0 THEN ['l7d_incomplete'] ELSE [] END
WHERE (cache_date, player_lookup) = (SELECT max((cache_date, player_lookup)) FROM player_daily_cache)
