-- On every date, what the features read is known for some team, some team has won, and shots have their zones.
-- severity: warn
-- why: pace, rating and record of a team come from here. The zones are read by no feature yet, but have been NULL for
--      months without a word. Of play-in games no shots are published.
WITH play_in AS (
    SELECT DISTINCT game_date FROM nbac_schedule WHERE playoff_round = 'play_in'
),

by_date AS (
    SELECT
        pulled.game_date,
        count(COLUMNS([
            'pace',
            'offensive_rating',
            'possessions'
        ])) / count(*),
        CASE WHEN bool_and(play_in.game_date IS NULL)
            THEN count(COLUMNS([
                'team_paint_attempts',
                'team_paint_makes',
                'team_mid_range_attempts',
                'team_mid_range_makes',
                'points_in_paint_scored'
            ])) / count(*)
        END,
        count(*) FILTER (WHERE win_flag) / count(*) AS win_flag
    FROM team_offense_game_summary AS pulled
    LEFT JOIN play_in ON play_in.game_date = pulled.game_date
    WHERE pulled.game_date >= make_date(getvariable('season'), 7, 1)
        AND pulled.game_date < make_date(getvariable('season') + 1, 7, 1)
    GROUP BY pulled.game_date
)

SELECT game_date, column_name, round(known, 4) AS share_of_rows
FROM (UNPIVOT by_date ON COLUMNS(* EXCLUDE game_date) INTO NAME column_name VALUE known)
WHERE known = 0
