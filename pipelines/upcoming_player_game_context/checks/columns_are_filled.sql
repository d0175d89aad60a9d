-- On every date, what the features read is known for some player.
-- severity: warn
-- why: on 2025-12-06 pace, usage, age, stars and betting lines were NULL and the opponent's rest was 0 on every row, so
--      that most composites stood on their defaults. Rest is not asked in the first week of a season, when nobody has
--      any, nor the last seven days after a break in which nobody played.
WITH by_date AS (
    SELECT
        pulled.game_date,
        count(COLUMNS([
            'pace_differential',
            'player_age',
            'star_teammates_out',
            'games_in_last_7_days',
            'minutes_in_last_7_days',
            'season_phase',
            'home_game',
            'game_spread',
            'game_total'
        ])) / count(*),
        CASE WHEN pulled.game_date >= min(pulled.game_date) OVER () + 7
            THEN count(COLUMNS([
                'days_rest',
                'opponent_pace_last_10'
            ])) / count(*)
        END,
        count(COLUMNS([
            'avg_usage_rate_last_7_games',
            'avg_minutes_per_game_last_7'
        ])) / nullif(count(*) FILTER (WHERE games_in_last_7_days > 0), 0),
        CASE WHEN pulled.game_date >= min(pulled.game_date) OVER () + 7
            THEN count(nullif(opponent_days_rest, 0)) / count(*)
        END AS opponent_days_rest
    FROM upcoming_player_game_context AS pulled
    WHERE pulled.game_date >= getvariable('season_start')
        AND pulled.game_date < getvariable('season_end')
    GROUP BY pulled.game_date
)

SELECT game_date, column_name, round(known, 4) AS share_of_rows
FROM (UNPIVOT by_date ON COLUMNS(* EXCLUDE game_date) INTO NAME column_name VALUE known)
WHERE known = 0
