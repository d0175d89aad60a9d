-- A hole of one day, as between two batches.
DELETE FROM {table}
WHERE {date} = (SELECT max({date}) FROM {table})
