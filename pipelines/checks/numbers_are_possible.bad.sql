-- A count that no game has seen.
UPDATE {table}
SET {points} = 10000000
WHERE ({entity}, {date}) = (SELECT min(({entity}, {date})) FROM {table})
