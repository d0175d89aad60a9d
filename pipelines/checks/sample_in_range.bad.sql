-- A window of one game too many.
UPDATE {table}
SET {sample} = {games} + 1
WHERE ({date}, {entity}) = (SELECT max(({date}, {entity})) FROM {table})
