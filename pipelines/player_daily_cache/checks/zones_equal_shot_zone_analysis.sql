-- Zone and rates are those of the player's shot zone row of the date, which is the one named as source.
-- severity: block
-- why: the zones are copied so that the feature store finds them in one place. Computed before the zones were, or from
--      those of another date, they would differ without an error. (Production writes no row without zones, and names a
--      hash of the whole date.)
SELECT
    staged.player_lookup,
    staged.cache_date,
    staged.primary_scoring_zone,
    zones.primary_scoring_zone AS zone_there,
    staged.paint_rate_last_10,
    zones.paint_rate_last_10 AS paint_there,
    staged.three_pt_rate_last_10,
    zones.three_pt_rate_last_10 AS three_pt_there,
    staged.source_shot_zone_hash,
    zones.data_hash AS hash_there
FROM player_daily_cache AS staged
LEFT JOIN player_shot_zone_analysis AS zones
    ON zones.player_lookup = staged.player_lookup AND zones.analysis_date = staged.cache_date
WHERE staged.primary_scoring_zone IS DISTINCT FROM zones.primary_scoring_zone
    OR staged.paint_rate_last_10 IS DISTINCT FROM zones.paint_rate_last_10
    OR staged.three_pt_rate_last_10 IS DISTINCT FROM zones.three_pt_rate_last_10
    OR CASE getvariable('rules')
        WHEN 'production' THEN zones.player_lookup IS NULL
        ELSE staged.source_shot_zone_hash IS DISTINCT FROM zones.data_hash
            OR staged.source_shot_zone_rows_found IS DISTINCT FROM CAST(zones.player_lookup IS NOT NULL AS BIGINT)
    END
