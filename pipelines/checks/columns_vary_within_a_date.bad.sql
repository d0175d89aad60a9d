-- A column that is the same for everybody, on the last date that has enough rows.
UPDATE {table}
SET {alike}
WHERE {date} = (
        SELECT max({date}) FROM (SELECT {date} FROM {table} GROUP BY {date} HAVING count(*) >= {rows})
    )
