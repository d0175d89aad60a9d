-- The first date written again nine days later.
UPDATE {table}
SET processed_at = processed_at + INTERVAL 9 DAYS
WHERE {date} = (
        SELECT min({date}) FROM {table}
        WHERE {date} >= getvariable('season_start')
    )
