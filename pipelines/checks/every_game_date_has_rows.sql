-- Every date with a final league game has rows.
-- severity: warn
-- why: six dates of November 2021 were absent for weeks; windows of everybody who played on such a date skip a game, and
--      a date without contexts has no cache and no composites.
SELECT games.game_date AS {date}, games.final_games
FROM (
    SELECT game_date, count(DISTINCT game_id) AS final_games
    FROM nbac_schedule
    WHERE game_status = 3
        AND home_team_score + away_team_score IS NOT NULL
        AND (is_regular_season OR is_playoffs)
        AND game_date >= getvariable('season_start')
        AND game_date < getvariable('season_end')
    GROUP BY game_date
) AS games
ANTI JOIN {table} AS pulled ON pulled.{date} = games.game_date
