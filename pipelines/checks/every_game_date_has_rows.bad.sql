-- The first date of the season lost.
DELETE FROM {table}
WHERE {date} = (
        SELECT min({date}) FROM {table}
        WHERE {date} >= getvariable('season_start')
    )
