-- The box scores of a date a second time, under the next day.
INSERT INTO team_offense_game_summary
SELECT * REPLACE (game_date + 1 AS game_date)
FROM team_offense_game_summary
WHERE game_date = (
        SELECT min(game_date) FROM team_offense_game_summary
        WHERE game_date >= getvariable('season_start')
    )
