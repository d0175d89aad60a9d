-- The primary zone is paint, perimeter, mid_range or balanced.
-- severity: block
-- why: PCF chooses the opponent's defense by this word; any other falls through to a neutral score.
SELECT player_lookup, analysis_date, primary_scoring_zone
FROM player_shot_zone_analysis
WHERE primary_scoring_zone NOT IN ('paint', 'perimeter', 'mid_range', 'balanced')
