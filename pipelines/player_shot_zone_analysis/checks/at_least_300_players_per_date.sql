-- A date has at least 300 players once the season is old enough for them to have the minimum of games.
-- severity: warn
-- why: a wrong flag once left 8 rows on a date that should have had 200. Players never leave the table during a season;
--      four days per game of the minimum is when every season so far had 300 of them (day 16 for 5, day 35 for 10).
WITH opening AS (
    SELECT coalesce(min(game_date) FILTER (WHERE game_status = 3), min(game_date)) AS night
    FROM nbac_schedule
    WHERE is_regular_season
        AND is_all_star IS NOT TRUE
        AND game_date >= getvariable('season_start')
        AND game_date < getvariable('season_end')
)

SELECT staged.analysis_date, count(*) AS players, staged.analysis_date - opening.night AS day_of_season
FROM player_shot_zone_analysis AS staged, opening
WHERE staged.analysis_date >= opening.night + 4 * getvariable('min_games')
GROUP BY staged.analysis_date, opening.night
HAVING count(*) < 300
