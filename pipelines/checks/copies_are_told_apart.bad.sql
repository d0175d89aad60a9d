-- A row stored twice, with another value and the same time and hash.
INSERT INTO {table}
SELECT * REPLACE ({other} AS {changed})
FROM {table}
WHERE ({key}) = (SELECT min(({key})) FROM {table})
