-- The quality tier follows from the games: high from 15, medium from 10, else low.
-- severity: block
-- why: readers choose rows by the tier; one that promises more than the sample holds is a contradiction in the row.
SELECT team_abbr, analysis_date, games_in_sample, data_quality_tier
FROM team_defense_zone_analysis
WHERE data_quality_tier IS DISTINCT FROM
    CASE WHEN games_in_sample >= 15 THEN 'high' WHEN games_in_sample >= 10 THEN 'medium' ELSE 'low' END
