-- A value outside of its range.
UPDATE {table}
SET {wrong}
WHERE ({date}, {entity}) = (SELECT max(({date}, {entity})) FROM {table})
