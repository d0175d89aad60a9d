-- The score is one that 25 sources can give, tier and data source follow from it, and no absent upstream counts.
-- severity: block
-- why: of 25 features 6 are calculated (100) and 3 from context (75), so that a score lies between 58.6 and 97.0; a
--      tier of another score lets bad rows through. A score says how many features are from Phase 4 (100, default 40)
--      and how many averages from Phase 3 (75): in 25ths above the least, 60 and 35 each, and at most three of the
--      latter.
WITH counted AS (
    SELECT
        player_lookup,
        game_date,
        feature_quality_score,
        quality_tier,
        data_source,
        source_daily_cache_rows_found AS cache_rows,
        source_composite_rows_found AS composite_rows,
        source_shot_zones_rows_found AS zone_rows,
        source_team_defense_rows_found AS defense_rows,
        CAST(round(25 * feature_quality_score - 1465) AS BIGINT) AS points,
        CASE points % 60 WHEN 0 THEN 0 WHEN 35 THEN 1 WHEN 10 THEN 2 WHEN 45 THEN 3 END AS from_phase3,
        (points - 35 * from_phase3) // 60 AS from_phase4
    FROM ml_feature_store_v2
)

SELECT
    player_lookup,
    game_date,
    feature_quality_score,
    from_phase4,
    from_phase3,
    quality_tier,
    data_source,
    cache_rows,
    composite_rows,
    zone_rows,
    defense_rows
FROM counted
WHERE feature_quality_score IS NULL
    OR feature_quality_score NOT BETWEEN 58.6 AND 97
    OR abs(25 * feature_quality_score - 1465 - points) > 0.125
    OR from_phase3 IS NULL
    OR from_phase4 NOT BETWEEN 0 AND 16 - from_phase3
    OR quality_tier IS DISTINCT FROM
    CASE
        WHEN feature_quality_score >= 95 THEN 'gold'
        WHEN feature_quality_score >= 75 THEN 'silver'
        ELSE 'bronze'
    END
    OR data_source <> CASE WHEN from_phase4 >= 13 THEN 'phase4_partial' ELSE 'mixed' END
    OR (
        getvariable('rules') = 'corrected'
        AND from_phase4 NOT BETWEEN 4 * composite_rows
        AND 7 * cache_rows + 4 * composite_rows + greatest(3 * zone_rows, 2 * cache_rows) + 2 * defense_rows
    )
