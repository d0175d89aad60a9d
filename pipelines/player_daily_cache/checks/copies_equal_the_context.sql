-- Id, load and age are those of the player's newest context row of the date, and that row is the one named as source.
-- severity: block
-- why: context rows were stored up to eight times with different hashes, and a copy of another player or date would go
--      unnoticed. (Production takes any copy.)
SELECT
    staged.player_lookup,
    staged.cache_date,
    staged.universal_player_id,
    staged.games_in_last_7_days,
    staged.games_in_last_14_days,
    staged.minutes_in_last_7_days,
    staged.minutes_in_last_14_days,
    staged.avg_minutes_per_game_last_7,
    staged.source_upcoming_context_hash
FROM player_daily_cache AS staged
ANTI JOIN (
    SELECT
        *,
        row_number() OVER (
            PARTITION BY player_lookup, game_date ORDER BY processed_at DESC NULLS LAST, data_hash DESC NULLS LAST
        ) AS nth
    FROM upcoming_player_game_context
    WHERE team_abbr IN (
            'ATL', 'BOS', 'BKN', 'CHA', 'CHI', 'CLE', 'DAL', 'DEN', 'DET', 'GSW', 'HOU', 'IND', 'LAC', 'LAL', 'MEM',
            'MIA', 'MIL', 'MIN', 'NOP', 'NYK', 'OKC', 'ORL', 'PHI', 'PHX', 'POR', 'SAC', 'SAS', 'TOR', 'UTA', 'WAS'
        )
) AS context
    ON context.player_lookup = staged.player_lookup
    AND context.game_date = staged.cache_date
    AND context.universal_player_id IS NOT DISTINCT FROM staged.universal_player_id
    AND context.games_in_last_7_days IS NOT DISTINCT FROM staged.games_in_last_7_days
    AND context.games_in_last_14_days IS NOT DISTINCT FROM staged.games_in_last_14_days
    AND context.minutes_in_last_7_days IS NOT DISTINCT FROM staged.minutes_in_last_7_days
    AND context.minutes_in_last_14_days IS NOT DISTINCT FROM staged.minutes_in_last_14_days
    AND context.back_to_backs_last_14_days IS NOT DISTINCT FROM staged.back_to_backs_last_14_days
    AND context.avg_minutes_per_game_last_7 IS NOT DISTINCT FROM staged.avg_minutes_per_game_last_7
    AND context.fourth_quarter_minutes_last_7 IS NOT DISTINCT FROM staged.fourth_quarter_minutes_last_7
    AND context.player_age IS NOT DISTINCT FROM staged.player_age
    AND (
        getvariable('rules') = 'production'
        OR (context.nth = 1 AND context.data_hash IS NOT DISTINCT FROM staged.source_upcoming_context_hash)
    )
