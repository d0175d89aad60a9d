-- A label that does not belong to the sample.
UPDATE player_shot_zone_analysis
SET sample_quality_10 = CASE sample_quality_10 WHEN 'excellent' THEN 'limited' ELSE 'excellent' END
WHERE (analysis_date, player_lookup) = (SELECT max((analysis_date, player_lookup)) FROM player_shot_zone_analysis)
