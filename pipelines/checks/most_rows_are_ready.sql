-- On every date from day {from_day} on, at least {least} of the rows are production ready (1 is all of them).
-- severity: warn
-- why: predictions are made from ready rows; a date whose box scores or contexts were not loaded is there and useless.
--      In the first weeks many of the listed really have no zones yet.
-- with: least; from_day = 0
SELECT {date}, count(*) AS players, count(*) FILTER (WHERE is_production_ready) AS ready
FROM {table}
GROUP BY {date}
HAVING ready < {least} * players AND {date} >= (SELECT min(dates.{date}) FROM dates) + {from_day}
