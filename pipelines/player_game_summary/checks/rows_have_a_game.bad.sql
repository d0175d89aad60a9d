-- The box scores of a date a second time, under the next day.
INSERT INTO player_game_summary
SELECT * REPLACE (game_date + 1 AS game_date)
FROM player_game_summary
WHERE game_date = (
        SELECT min(game_date) FROM player_game_summary
        WHERE game_date >= getvariable('season_start')
    )
