-- The shares of the zones are those of the player's shot zone row of the date; a player without zones has the defaults.
-- severity: block
-- why: rates are percentages, features fractions, and a row of another date would differ without an error. The row is
--      the one named, and its readiness counts. (An unknown rate may come from the daily cache, which has it from the
--      same row; so only a player who is in neither is asked for the defaults.)
WITH shares AS (
    SELECT
        staged.player_lookup,
        staged.game_date,
        staged.features,
        staged.data_quality_issues,
        staged.source_shot_zones_hash,
        staged.source_shot_zones_rows_found,
        zones.data_hash AS hash_there,
        zones.is_production_ready AS ready_there,
        zones.player_lookup IS NOT NULL AS is_there,
        NOT is_there AND staged.source_daily_cache_rows_found = 0 AS is_unknown,
        coalesce(zones.paint_rate_last_10, CASE WHEN is_unknown THEN 30 END) / 100 AS paint,
        coalesce(zones.mid_range_rate_last_10, 20) / 100 AS mid_range,
        coalesce(zones.three_pt_rate_last_10, CASE WHEN is_unknown THEN 35 END) / 100 AS three
    FROM ml_feature_store_v2 AS staged
    LEFT JOIN player_shot_zone_analysis AS zones
        ON zones.player_lookup = staged.player_lookup AND zones.analysis_date = staged.game_date
)

SELECT
    player_lookup,
    game_date,
    features[19:21] AS shares,
    paint,
    mid_range,
    three,
    source_shot_zones_hash,
    hash_there,
    ready_there,
    data_quality_issues
FROM shares
WHERE abs(features[19] - paint) > 1e-9
    OR abs(features[20] - mid_range) > 1e-9
    OR abs(features[21] - three) > 1e-9
    OR list_contains(data_quality_issues, 'upstream_player_shot_zone_incomplete') = coalesce(ready_there, FALSE)
    OR (
        getvariable('rules') = 'corrected'
        AND (
            source_shot_zones_hash IS DISTINCT FROM hash_there
            OR source_shot_zones_rows_found <> CAST(is_there AS BIGINT)
        )
    )
