-- On every date, rest, travel and betting lines are known for some team.
-- severity: warn
-- why: the lines were NULL on every row for months, because the odds are keyed by another id. Rest is unknown until a
--      team has played, so not asked in the first week of a season.
WITH by_date AS (
    SELECT
        pulled.game_date,
        count(COLUMNS([
            'home_game',
            'games_in_last_7_days',
            'travel_miles',
            'game_spread',
            'game_total'
        ])) / count(*),
        CASE WHEN pulled.game_date >= min(pulled.game_date) OVER () + 7
            THEN count(team_days_rest) / count(*)
        END AS team_days_rest
    FROM upcoming_team_game_context AS pulled
    WHERE pulled.game_date >= make_date(getvariable('season'), 7, 1)
        AND pulled.game_date < make_date(getvariable('season') + 1, 7, 1)
    GROUP BY pulled.game_date
)

SELECT game_date, column_name, round(known, 4) AS share_of_rows
FROM (UNPIVOT by_date ON COLUMNS(* EXCLUDE game_date) INTO NAME column_name VALUE known)
WHERE known = 0
