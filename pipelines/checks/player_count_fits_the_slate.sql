-- A date has as many players per team that plays as the season has on average: between half and {times} times as many.
-- severity: warn
-- why: a wrong flag once left 8 rows on a date that should have had 200. A night has 1 to 15 games, so that players are
--      counted per team (the live bounds of 50 and 400 hold for a usual night only). Of those who are listed for the
--      present date more than a third will not play; production drops rows of whole teams and months from the cache.
-- with: most = 600; times = 1.5; is_usual = TRUE
WITH slates AS (
    SELECT game_date, 2 * count(*) AS teams
    FROM nbac_schedule
    WHERE (is_regular_season OR is_playoffs) AND is_all_star IS NOT TRUE
    GROUP BY game_date
),

written AS (
    SELECT
        staged.{date},
        any_value(slates.teams) AS teams,
        count(*) AS players,
        count(*) / any_value(slates.teams) AS players_per_team,
        avg(count(*) / any_value(slates.teams)) OVER () AS usual
    FROM {table} AS staged
    INNER JOIN slates ON slates.game_date = staged.{date}
    GROUP BY staged.{date}
)

SELECT {date}, teams, players, round(players_per_team, 1) AS per_team, round(usual, 1) AS usual_per_team
FROM written
WHERE players > {most}
    OR ({is_usual} AND players_per_team NOT BETWEEN 0.5 * usual AND {times} * usual)
