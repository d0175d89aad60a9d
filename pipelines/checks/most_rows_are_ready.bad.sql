-- A date whose sources were not loaded.
UPDATE {table}
SET is_production_ready = FALSE
WHERE {date} = (SELECT max({date}) FROM {table})
