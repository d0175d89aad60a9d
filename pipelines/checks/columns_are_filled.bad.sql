-- A column of the first date lost.
UPDATE {table}
SET {lost} = NULL
WHERE {date} = (
        SELECT min({date}) FROM {table}
        WHERE {date} >= make_date(getvariable('season'), 7, 1)
    )
