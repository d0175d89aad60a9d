-- A row is ready when its own games are complete and no upstream row is named as incomplete; else issues say why.
-- severity: block
-- why: who has to repair an unready row is read from its issues, in this order. Production names a missing or unready
--      upstream row; of its own incomplete games it says nothing.
WITH counted AS (
    SELECT
        player_lookup,
        game_date,
        expected_games_count,
        actual_games_count,
        is_production_ready,
        data_quality_issues,
        coalesce(
            actual_games_count / nullif(expected_games_count, 0) * 100 >= getvariable('readiness_threshold'), FALSE
        ) AS is_own_ready,
        list_filter(
            [
                'upstream_player_daily_cache_incomplete',
                'upstream_player_composite_factors_incomplete',
                'upstream_player_shot_zone_incomplete',
                'upstream_team_defense_zone_incomplete'
            ],
            lambda token: list_contains(data_quality_issues, token)
        ) AS upstream_issues,
        CASE
            WHEN is_own_ready OR getvariable('rules') = 'production' THEN CAST([] AS VARCHAR[])
            WHEN expected_games_count = 0 THEN ['no_games_expected']
            ELSE ['own_data_incomplete']
        END AS own_issues
    FROM ml_feature_store_v2
)

SELECT
    player_lookup,
    game_date,
    expected_games_count,
    actual_games_count,
    is_production_ready,
    data_quality_issues
FROM counted
WHERE is_production_ready IS DISTINCT FROM (is_own_ready AND len(upstream_issues) = 0)
    OR data_quality_issues IS DISTINCT FROM list_concat(own_issues, upstream_issues)
