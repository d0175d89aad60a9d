-- One player lost without a word.
DELETE FROM {table}
WHERE ({date}, {entity}) = (SELECT max(({date}, {entity})) FROM {table})
