-- A date has at most 450 players, and per team that plays between half and twice as many as the season has on average.
-- severity: warn
-- why: a date with 8 rows and one with 200 looked alike in the run log. A night has 1 to 15 games, so that players are
--      counted per team; the live bounds of 50 and 400 hold for a usual night, not for 15 games or the finals. Of those
--      who are listed for the present date more than a third will not play. (Production always writes the listed, up to
--      512.)
WITH slates AS (
    SELECT game_date, 2 * count(*) AS teams
    FROM nbac_schedule
    WHERE (is_regular_season OR is_playoffs) AND is_all_star IS NOT TRUE
    GROUP BY game_date
),

written AS (
    SELECT
        staged.game_date,
        any_value(slates.teams) AS teams,
        count(*) AS players,
        count(*) / any_value(slates.teams) AS players_per_team,
        avg(count(*) / any_value(slates.teams)) OVER () AS usual
    FROM ml_feature_store_v2 AS staged
    INNER JOIN slates ON slates.game_date = staged.game_date
    GROUP BY staged.game_date
)

SELECT game_date, teams, players, round(players_per_team, 1) AS per_team, round(usual, 1) AS usual_per_team
FROM written
WHERE players_per_team NOT BETWEEN 0.5 * usual AND 2 * usual
    OR (getvariable('rules') = 'corrected' AND players > 450)
