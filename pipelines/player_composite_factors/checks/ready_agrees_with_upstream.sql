-- A row is production ready when its own games are complete and all four upstream rows are ready, and only then.
-- severity: block
-- why: the feature store passes this flag on; a score made of a missing or unready row must not be predicted from.
SELECT
    player_lookup,
    game_date,
    expected_games_count,
    actual_games_count,
    upstream_player_shot_ready,
    upstream_team_defense_ready,
    upstream_player_context_ready,
    upstream_team_context_ready,
    all_upstreams_ready,
    is_production_ready
FROM player_composite_factors
WHERE upstream_player_shot_ready IS NULL
    OR upstream_team_defense_ready IS NULL
    OR upstream_player_context_ready IS NULL
    OR upstream_team_context_ready IS NULL
    OR all_upstreams_ready IS DISTINCT FROM (
        upstream_player_shot_ready
        AND upstream_team_defense_ready
        AND upstream_player_context_ready
        AND upstream_team_context_ready
    )
    OR is_production_ready IS DISTINCT FROM (
        all_upstreams_ready
        AND coalesce(
            actual_games_count / nullif(expected_games_count, 0) * 100 >= getvariable('readiness_threshold'), FALSE
        )
    )
