-- The last date computed from sources that are ten days old.
UPDATE {table}
SET {stale} = {stale} - INTERVAL 10 DAYS
WHERE {date} = (SELECT max({date}) FROM {table})
