-- Points, load and team figures are those of the player's daily cache of the date; without them come their defaults.
-- severity: block
-- why: sixteen of the 25 features are copies, seven of them from here. A stale cache, or one of another date, would
--      differ without an error. Flag and reason of a short history are copied too (production left them NULL), and
--      whether the row is ready. (The averages that stand in for an unknown one are asked for by
--      recent_games_are_before_the_date.)
SELECT
    staged.player_lookup,
    staged.game_date,
    list_filter(
        [
            CASE WHEN abs(features[1] - cache.points_avg_last_5) > 1e-9 THEN 'points_avg_last_5' END,
            CASE WHEN abs(features[2] - cache.points_avg_last_10) > 1e-9 THEN 'points_avg_last_10' END,
            CASE WHEN abs(features[3] - cache.points_avg_season) > 1e-9 THEN 'points_avg_season' END,
            CASE WHEN abs(features[4] - coalesce(cache.points_std_last_10, 5)) > 1e-9 THEN 'points_std_last_10' END,
            CASE WHEN features[5] <> coalesce(cache.games_in_last_7_days, 3) THEN 'games_in_last_7_days' END,
            CASE WHEN abs(features[23] - coalesce(cache.team_pace_last_10, 100)) > 1e-9 THEN 'team_pace' END,
            CASE
                WHEN abs(features[24] - coalesce(cache.team_off_rating_last_10, 112)) > 1e-9 THEN 'team_off_rating'
            END,
            CASE
                WHEN list_contains(staged.data_quality_issues, 'upstream_player_daily_cache_incomplete')
                    = coalesce(cache.is_production_ready, FALSE)
                    THEN 'is_production_ready'
            END,
            CASE
                WHEN getvariable('rules') = 'production'
                    AND (staged.early_season_flag IS NOT NULL OR staged.insufficient_data_reason IS NOT NULL)
                    THEN 'early_season_flag'
                WHEN getvariable('rules') = 'corrected'
                    AND staged.early_season_flag IS DISTINCT FROM coalesce(cache.early_season_flag, TRUE)
                    THEN 'early_season_flag'
                WHEN getvariable('rules') = 'corrected'
                    AND staged.insufficient_data_reason IS DISTINCT FROM
                    CASE
                        WHEN cache.player_lookup IS NULL THEN 'No daily cache available'
                        ELSE cache.insufficient_data_reason
                    END
                    THEN 'insufficient_data_reason'
            END,
            CASE
                WHEN getvariable('rules') = 'corrected'
                    AND (
                        staged.source_daily_cache_hash IS DISTINCT FROM cache.data_hash
                        OR staged.source_daily_cache_rows_found <> CAST(cache.player_lookup IS NOT NULL AS BIGINT)
                    )
                    THEN 'source_daily_cache'
            END
        ],
        lambda name: name IS NOT NULL
    ) AS differing,
    staged.features,
    cache.data_hash AS hash_there
FROM ml_feature_store_v2 AS staged
LEFT JOIN player_daily_cache AS cache
    ON cache.player_lookup = staged.player_lookup AND cache.cache_date = staged.game_date
WHERE len(differing) > 0
