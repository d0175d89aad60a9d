-- Every game date has rows, or a state that says why not.
-- severity: block
-- why: in November 2021 a table had 14 of 29 dates, and a log of runs in which failed writes counted as successes; the
--      batches of one backfill left out 2021-12-04, and nobody noticed until its predictions were missing. An empty date
--      without a reason is an error; so is a record that counts other rows than there are, and a history that is
--      insufficient where it was sufficient before.
-- with: insufficient = dates.{date} > (SELECT min({date}) FROM {table})
SELECT
    dates.{date},
    dates.state,
    dates.detail,
    dates.rows AS rows_recorded,
    coalesce(staged.found, 0) AS rows_found
FROM dates
LEFT JOIN (SELECT {date}, count(*) AS found FROM {table} GROUP BY {date}) AS staged ON staged.{date} = dates.{date}
WHERE coalesce(staged.found, 0) <> coalesce(dates.rows, 0)
    OR (staged.found IS NULL AND coalesce(dates.state, 'ok') = 'ok')
    OR (staged.found IS NULL AND dates.state = 'upstream_missing' AND coalesce(dates.detail, '') = '')
    OR (dates.state = 'insufficient_history' AND {insufficient})
