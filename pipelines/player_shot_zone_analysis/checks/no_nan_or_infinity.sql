-- No number is NaN or infinite.
-- severity: block
-- why: NaN passes every comparison the wrong way round and has reached the features before; unknown is NULL.
SELECT player_lookup, analysis_date, completeness_percentage
FROM player_shot_zone_analysis
WHERE NOT isfinite(completeness_percentage)
