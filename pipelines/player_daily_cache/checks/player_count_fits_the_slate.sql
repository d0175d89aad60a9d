-- A date has as many players per team that plays as the season has on average, give or take half.
-- severity: warn
-- why: a wrong flag once left 8 rows on a date that should have had 200. A night has 1 to 15 games, so that players are
--      counted per team; 600 players are more than the league has. (Production drops rows of whole teams and months, so
--      that no average is usual there.)
WITH slates AS (
    SELECT game_date, 2 * count(*) AS teams
    FROM nbac_schedule
    WHERE (is_regular_season OR is_playoffs) AND is_all_star IS NOT TRUE
    GROUP BY game_date
),

written AS (
    SELECT
        staged.cache_date,
        any_value(slates.teams) AS teams,
        count(*) AS players,
        count(*) / any_value(slates.teams) AS players_per_team,
        avg(count(*) / any_value(slates.teams)) OVER () AS usual
    FROM player_daily_cache AS staged
    INNER JOIN slates ON slates.game_date = staged.cache_date
    GROUP BY staged.cache_date
)

SELECT cache_date, teams, players, round(players_per_team, 1) AS per_team, round(usual, 1) AS usual_per_team
FROM written
WHERE players > 600
    OR (getvariable('rules') = 'corrected' AND players_per_team NOT BETWEEN 0.5 * usual AND 1.5 * usual)
