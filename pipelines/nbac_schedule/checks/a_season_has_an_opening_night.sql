-- A season that has games of the playoffs has games of the regular season.
-- severity: block
-- why: a season opens with its first game of the regular season. Without one no date is computed, and every date that
--      was published would go without an error.
SELECT game_date, count(*) AS games_of_the_playoffs
FROM nbac_schedule
WHERE game_date >= getvariable('season_start')
    AND game_date < getvariable('season_end')
    AND is_playoffs
    AND is_all_star IS NOT TRUE
    AND NOT EXISTS (
        SELECT * FROM nbac_schedule AS regular
        WHERE regular.is_regular_season
            AND regular.is_all_star IS NOT TRUE
            AND regular.game_date >= getvariable('season_start')
            AND regular.game_date < getvariable('season_end')
    )
GROUP BY game_date
