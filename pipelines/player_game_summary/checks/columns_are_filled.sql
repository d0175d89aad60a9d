-- On every date, what the features read is known for a tenth of the players at least.
-- severity: warn
-- why: on 2025-12-06 minutes were NULL but for 0.5 % of the rows, zones, assists and usage everywhere, and nobody had
--      started or won. Real dates know nearly all of them. Of play-in games no shots are published.
WITH play_in AS (
    SELECT DISTINCT game_date FROM nbac_schedule WHERE playoff_round = 'play_in'
),

by_date AS (
    SELECT
        pulled.game_date,
        count(COLUMNS([
            'points',
            'minutes_played',
            'fg_attempts',
            'fg_makes',
            'three_pt_attempts',
            'three_pt_makes',
            'ft_makes',
            'ts_pct',
            'usage_rate',
            'plus_minus'
        ])) / count(*),
        CASE WHEN bool_and(play_in.game_date IS NULL)
            THEN count(COLUMNS([
                'paint_attempts',
                'paint_makes',
                'mid_range_attempts',
                'mid_range_makes',
                'assisted_fg_makes',
                'unassisted_fg_makes'
            ])) / count(*)
        END,
        count(*) FILTER (WHERE starter_flag) / count(*) AS starter_flag,
        count(*) FILTER (WHERE win_flag) / count(*) AS win_flag
    FROM player_game_summary AS pulled
    LEFT JOIN play_in ON play_in.game_date = pulled.game_date
    WHERE pulled.game_date >= make_date(getvariable('season'), 7, 1)
        AND pulled.game_date < make_date(getvariable('season') + 1, 7, 1)
    GROUP BY pulled.game_date
)

SELECT game_date, column_name, round(known, 4) AS share_of_rows
FROM (UNPIVOT by_date ON COLUMNS(* EXCLUDE game_date) INTO NAME column_name VALUE known)
WHERE known < 0.1
