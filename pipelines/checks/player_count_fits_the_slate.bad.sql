-- Eight rows left on the last date.
DELETE FROM {table}
WHERE {date} = (SELECT max({date}) FROM {table})
    AND {entity} NOT IN (
        SELECT {entity} FROM {table}
        WHERE {date} = (SELECT max({date}) FROM {table})
        ORDER BY {entity}
        LIMIT 8
    )
