-- Every row names the four upstream rows it was made from, whether there is one, and its digest.
-- severity: block
-- why: the update of production left these columns at their old values, so that a row said it was made from what it was
--      not. There is one row or none, and a digest exactly where there is one. (Production stores counts of the run.)
SELECT
    player_lookup,
    game_date,
    source_daily_cache_rows_found,
    source_daily_cache_hash,
    source_composite_rows_found,
    source_composite_hash,
    source_shot_zones_rows_found,
    source_shot_zones_hash,
    source_team_defense_rows_found,
    source_team_defense_hash,
    data_hash
FROM ml_feature_store_v2
WHERE data_hash IS NULL
    OR length(data_hash) <> 16
    OR source_daily_cache_rows_found IS NULL
    OR source_composite_rows_found IS NULL
    OR source_shot_zones_rows_found IS NULL
    OR source_team_defense_rows_found IS NULL
    OR source_daily_cache_completeness_pct IS NULL
    OR source_composite_completeness_pct IS NULL
    OR source_shot_zones_completeness_pct IS NULL
    OR source_team_defense_completeness_pct IS NULL
    OR CASE getvariable('rules')
        WHEN 'production'
            THEN least(
                source_daily_cache_completeness_pct,
                source_composite_completeness_pct,
                source_shot_zones_completeness_pct,
                source_team_defense_completeness_pct
            ) < 70
        ELSE source_daily_cache_rows_found NOT IN (0, 1)
            OR source_composite_rows_found NOT IN (0, 1)
            OR source_shot_zones_rows_found NOT IN (0, 1)
            OR source_team_defense_rows_found NOT IN (0, 1)
            OR source_daily_cache_completeness_pct <> 100 * source_daily_cache_rows_found
            OR source_composite_completeness_pct <> 100 * source_composite_rows_found
            OR source_shot_zones_completeness_pct <> 100 * source_shot_zones_rows_found
            OR source_team_defense_completeness_pct <> 100 * source_team_defense_rows_found
            OR (source_daily_cache_rows_found = 0) <> (source_daily_cache_hash IS NULL)
            OR (source_composite_rows_found = 0) <> (source_composite_hash IS NULL)
            OR (source_shot_zones_rows_found = 0) <> (source_shot_zones_hash IS NULL)
            OR (source_team_defense_rows_found = 0) <> (source_team_defense_hash IS NULL)
    END
