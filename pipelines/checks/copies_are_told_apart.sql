-- Of copies of a row one is the newest: those with the same time and hash do not differ.
-- severity: warn
-- why: which of them counts would depend on the order in which they lie; the greatest by all columns is taken.
-- with: key = {entity}, {date}; day = {date}; changed; other = coalesce({changed}, 0) + 1
SELECT {day}, {entity}, processed_at, data_hash, count(*) AS rows_that_differ
FROM (
    SELECT DISTINCT * FROM {table}
    SEMI JOIN (SELECT {key} FROM {table} GROUP BY ALL HAVING count(*) > 1) USING ({key})
)
GROUP BY {key}, processed_at, data_hash
HAVING count(*) > 1
