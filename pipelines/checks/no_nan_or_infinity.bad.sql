-- What is left of a division by nothing.
UPDATE {table}
SET {nan} = 'NaN'
WHERE ({date}, {entity}) = (SELECT max(({date}, {entity})) FROM {table})
