-- The box scores of a date a second time, under the next day.
INSERT INTO {table}
SELECT * REPLACE (game_date + 1 AS game_date)
FROM {table}
WHERE game_date = (
        SELECT min(game_date) FROM {table}
        WHERE game_date >= getvariable('season_start')
    )
