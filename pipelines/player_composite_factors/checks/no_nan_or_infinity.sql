-- No number is NaN or infinite, in a column or within a context.
-- severity: block
-- why: Python writes NaN into JSON texts, where no reader expects it; unknown is NULL, and a default says so.
SELECT
    player_lookup,
    game_date,
    completeness_percentage,
    fatigue_context_json,
    shot_zone_context_json,
    pace_context_json,
    usage_context_json
FROM player_composite_factors
WHERE NOT isfinite(completeness_percentage)
    OR contains(fatigue_context_json, 'NaN')
    OR contains(shot_zone_context_json, 'NaN')
    OR contains(pace_context_json, 'NaN')
    OR contains(usage_context_json, 'NaN')
    OR contains(fatigue_context_json, 'Infinity')
    OR contains(shot_zone_context_json, 'Infinity')
    OR contains(pace_context_json, 'Infinity')
    OR contains(usage_context_json, 'Infinity')
