-- Fatigue, pace and usage scores follow from the player's context row, readiness of it and of the opponent's too.
-- severity: block
-- why: three scores are plain arithmetic on one row, so they are done again here. In production an unknown usage counts
--      as 25, which scored every star -3.0; the context of the opponent, not of the player's team, decides on
--      readiness.
WITH context AS (
    SELECT
        player.player_lookup,
        player.game_date,
        player.game_id,
        player.universal_player_id,
        player.data_hash,
        coalesce(player.is_production_ready, FALSE) AS is_ready,
        opponent.data_hash AS opponent_hash,
        coalesce(opponent.is_production_ready, FALSE) AS is_opponent_ready,
        greatest(0, least(
            100,
            100
            + CASE WHEN player.back_to_back THEN -15 WHEN coalesce(player.days_rest, 1) >= 3 THEN 5 ELSE 0 END
            - CASE WHEN coalesce(player.games_in_last_7_days, 3) >= 4 THEN 10 ELSE 0 END
            - CASE WHEN coalesce(player.minutes_in_last_7_days, 200) > 240 THEN 10 ELSE 0 END
            - CASE WHEN coalesce(player.avg_minutes_per_game_last_7, 30) > 35 THEN 8 ELSE 0 END
            - CASE
                WHEN coalesce(player.back_to_backs_last_14_days, 0) >= 2 THEN 12
                WHEN player.back_to_backs_last_14_days = 1 THEN 5
                ELSE 0
            END
            - CASE
                WHEN coalesce(player.player_age, 25) >= 35 THEN 10
                WHEN coalesce(player.player_age, 25) >= 30 THEN 5
                ELSE 0
            END
        )) AS fatigue,
        greatest(-3, least(3, coalesce(player.pace_differential, 0) / 2)) AS pace,
        CASE getvariable('rules')
            WHEN 'production' THEN coalesce(player.projected_usage_rate, 25)
            ELSE player.projected_usage_rate
        END AS projected,
        CASE getvariable('rules')
            WHEN 'production' THEN coalesce(player.avg_usage_rate_last_7_games, 25)
            ELSE player.avg_usage_rate_last_7_games
        END AS average,
        CASE
            WHEN average <> 0 AND projected IS NOT NULL THEN greatest(-3, least(
                3,
                (projected - average) * 0.3 * CASE
                    WHEN projected <= average THEN 1
                    WHEN player.star_teammates_out >= 2 THEN 1.3
                    WHEN player.star_teammates_out = 1 THEN 1.15
                    ELSE 1
                END
            ))
        END AS spike
    FROM upcoming_player_game_context AS player
    LEFT JOIN upcoming_team_game_context AS opponent
        ON opponent.team_abbr = player.opponent_team_abbr AND opponent.game_date = player.game_date
)

SELECT
    staged.player_lookup,
    staged.game_date,
    staged.fatigue_score,
    staged.pace_score,
    staged.usage_spike_score,
    staged.source_player_context_hash,
    staged.upstream_player_context_ready,
    staged.source_team_context_hash,
    staged.upstream_team_context_ready
FROM player_composite_factors AS staged
ANTI JOIN context
    ON context.player_lookup = staged.player_lookup
    AND context.game_date = staged.game_date
    AND context.game_id = staged.game_id
    AND context.universal_player_id IS NOT DISTINCT FROM staged.universal_player_id
    AND context.fatigue = staged.fatigue_score
    AND abs(context.pace - staged.pace_score) < 0.0500001
    AND abs(coalesce(context.spike, 0) - staged.usage_spike_score) < 0.0500001
    AND context.is_ready = staged.upstream_player_context_ready
    AND context.is_opponent_ready = staged.upstream_team_context_ready
    AND (
        getvariable('rules') = 'production'
        OR (
            context.data_hash IS NOT DISTINCT FROM staged.source_player_context_hash
            AND context.opponent_hash IS NOT DISTINCT FROM staged.source_team_context_hash
        )
    )
