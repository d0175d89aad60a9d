-- On every date, what the features read is known for some team.
-- severity: warn
-- why: unknown zones here made every defence equal and opponent strength 0 on 10,068 of 10,069 rows. Of play-in games
--      no shots are published.
WITH play_in AS (
    SELECT DISTINCT game_date FROM nbac_schedule WHERE playoff_round = 'play_in'
),

by_date AS (
    SELECT
        pulled.game_date,
        count(COLUMNS([
            'points_allowed',
            'opp_three_pt_attempts',
            'opp_three_pt_makes',
            'defensive_rating',
            'opponent_pace'
        ])) / count(*),
        CASE WHEN bool_and(play_in.game_date IS NULL)
            THEN count(COLUMNS([
                'opp_paint_attempts',
                'opp_paint_makes',
                'opp_mid_range_attempts',
                'opp_mid_range_makes',
                'points_in_paint_allowed',
                'blocks_paint',
                'blocks_mid_range',
                'blocks_three_pt'
            ])) / count(*)
        END
    FROM team_defense_game_summary AS pulled
    LEFT JOIN play_in ON play_in.game_date = pulled.game_date
    WHERE pulled.game_date >= make_date(getvariable('season'), 7, 1)
        AND pulled.game_date < make_date(getvariable('season') + 1, 7, 1)
    GROUP BY pulled.game_date
)

SELECT game_date, column_name, round(known, 4) AS share_of_rows
FROM (UNPIVOT by_date ON COLUMNS(* EXCLUDE game_date) INTO NAME column_name VALUE known)
WHERE known = 0
