-- A row in August.
INSERT INTO {table}
SELECT * REPLACE (make_date(year({date}), 8, 1) AS {date}) FROM {table}
ORDER BY {date} DESC, {entity}
LIMIT 1
