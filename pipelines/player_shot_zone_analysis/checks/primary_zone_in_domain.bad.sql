-- The name of the columns in place of the name of the zone.
UPDATE player_shot_zone_analysis
SET primary_scoring_zone = 'three_pt'
WHERE (analysis_date, player_lookup) = (SELECT max((analysis_date, player_lookup)) FROM player_shot_zone_analysis)
