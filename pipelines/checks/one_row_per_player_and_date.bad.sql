-- The same row twice, as after a load that was retried.
INSERT INTO {table}
SELECT * FROM {table}
ORDER BY {date} DESC, {entity}
LIMIT 1
