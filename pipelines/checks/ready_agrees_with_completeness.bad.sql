-- The flag turned round.
UPDATE {table}
SET is_production_ready = NOT is_production_ready
WHERE ({date}, {entity}) = (SELECT max(({date}, {entity})) FROM {table})
