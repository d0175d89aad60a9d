-- The four scores are those of the player's composite row of the date; without one fatigue is 50 and the others 0.
-- severity: block
-- why: in January 2026 fatigue arrived as 0 on six days. A copy is checked against what it was copied from, and the row
--      it names and its readiness with it.
SELECT
    staged.player_lookup,
    staged.game_date,
    staged.features[6:9] AS scores,
    factors.fatigue_score,
    factors.shot_zone_mismatch_score,
    factors.pace_score,
    factors.usage_spike_score,
    staged.source_composite_hash,
    factors.data_hash AS hash_there,
    factors.is_production_ready AS ready_there,
    staged.data_quality_issues
FROM ml_feature_store_v2 AS staged
LEFT JOIN player_composite_factors AS factors
    ON factors.player_lookup = staged.player_lookup AND factors.game_date = staged.game_date
WHERE staged.features[6] <> coalesce(factors.fatigue_score, 50)
    OR abs(staged.features[7] - coalesce(factors.shot_zone_mismatch_score, 0)) > 1e-9
    OR abs(staged.features[8] - coalesce(factors.pace_score, 0)) > 1e-9
    OR abs(staged.features[9] - coalesce(factors.usage_spike_score, 0)) > 1e-9
    OR list_contains(staged.data_quality_issues, 'upstream_player_composite_factors_incomplete')
    = coalesce(factors.is_production_ready, FALSE)
    OR (
        getvariable('rules') = 'corrected'
        AND (
            staged.source_composite_hash IS DISTINCT FROM factors.data_hash
            OR staged.source_composite_rows_found <> CAST(factors.player_lookup IS NOT NULL AS BIGINT)
        )
    )
