-- A column of the first date lost.
UPDATE {table}
SET {lost} = NULL
WHERE {date} = (
        SELECT min({date}) FROM {table}
        WHERE {date} >= getvariable('season_start')
    )
