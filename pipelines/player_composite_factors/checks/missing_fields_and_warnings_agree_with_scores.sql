-- Completeness counts the fields that are named as missing, and warnings stand where scores are extreme.
-- severity: block
-- why: each of five inputs is worth 20 %; a percentage that does not fit its list of names is that of another row.
--      Warnings are decided on scores before rounding, so that scores at the very limit are not asked.
SELECT
    player_lookup,
    game_date,
    data_completeness_pct,
    missing_data_fields,
    fatigue_score,
    shot_zone_mismatch_score,
    total_composite_adjustment,
    has_warnings,
    warning_details
FROM player_composite_factors
WHERE data_completeness_pct
    IS DISTINCT FROM 100 - 20 * coalesce(len(string_split(missing_data_fields, ', ')), 0)
    OR coalesce(missing_data_fields, '') <> concat_ws(
        ', ',
        CASE WHEN contains(missing_data_fields, 'days_rest') THEN 'days_rest' END,
        CASE WHEN contains(missing_data_fields, 'projected_usage_rate') THEN 'projected_usage_rate' END,
        CASE WHEN contains(missing_data_fields, 'pace_differential') THEN 'pace_differential' END,
        CASE WHEN contains(missing_data_fields, 'player_shot_zone') THEN 'player_shot_zone' END,
        CASE WHEN contains(missing_data_fields, 'team_defense_zone') THEN 'team_defense_zone' END
    )
    OR has_warnings IS DISTINCT FROM (warning_details IS NOT NULL)
    OR coalesce(contains(warning_details, 'EXTREME_FATIGUE: '), FALSE) <> (fatigue_score < 50)
    OR (
        abs(shot_zone_mismatch_score) <> 8
        AND coalesce(contains(warning_details, 'EXTREME_MATCHUP: '), FALSE) <> (abs(shot_zone_mismatch_score) > 8)
    )
    OR (
        abs(total_composite_adjustment) <> 12
        AND coalesce(contains(warning_details, 'EXTREME_ADJUSTMENT: '), FALSE)
        <> (abs(total_composite_adjustment) > 12)
    )
