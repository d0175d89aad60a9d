-- The four contexts are JSON whose final scores are the scores of the row, and the total is their sum.
-- severity: block
-- why: the contexts are how a prediction is explained; one of another row would explain it wrongly. They hold the
--      scores before rounding. Fatigue counts (score - 100) / 20, the others as they are, the deferred ones nothing.
WITH parsed AS (
    SELECT
        player_lookup,
        game_date,
        fatigue_score,
        shot_zone_mismatch_score,
        pace_score,
        usage_spike_score,
        total_composite_adjustment,
        contains(missing_data_fields, 'player_shot_zone')
        OR contains(missing_data_fields, 'team_defense_zone') AS is_zone_missing,
        TRY_CAST(fatigue_context_json ->> '$.final_score' AS BIGINT) AS fatigue,
        CASE shot_zone_context_json
            WHEN '{"missing_data": true}' THEN 0
            ELSE TRY_CAST(shot_zone_context_json ->> '$.final_score' AS DOUBLE)
        END AS zone,
        TRY_CAST(pace_context_json ->> '$.final_score' AS DOUBLE) AS pace,
        TRY_CAST(usage_context_json ->> '$.final_score' AS DOUBLE) AS spike,
        shot_zone_context_json = '{"missing_data": true}' AS says_missing
    FROM player_composite_factors
)

SELECT
    player_lookup,
    game_date,
    fatigue_score,
    fatigue,
    shot_zone_mismatch_score,
    zone,
    pace_score,
    pace,
    usage_spike_score,
    spike,
    total_composite_adjustment
FROM parsed
WHERE fatigue IS NULL
    OR zone IS NULL
    OR pace IS NULL
    OR spike IS NULL
    OR fatigue_score <> fatigue
    OR abs(shot_zone_mismatch_score - zone) > 0.0500001
    OR abs(pace_score - pace) > 0.0500001
    OR abs(usage_spike_score - spike) > 0.0500001
    OR abs(total_composite_adjustment - ((fatigue - 100) / 20 + zone + pace + spike)) > 0.0050001
    OR says_missing IS DISTINCT FROM coalesce(is_zone_missing, FALSE)
