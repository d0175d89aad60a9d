-- Every game date has rows, or a state that says why not.
-- severity: block
-- why: in November 2021 this table had 14 of 29 dates, and a log of runs in which failed writes counted as successes.
--      An empty date without a reason is an error; so is a record that counts other rows than there are. No history is
--      needed here: whoever plays has a row.
SELECT
    dates.game_date,
    dates.state,
    dates.detail,
    dates.rows AS rows_recorded,
    coalesce(staged.found, 0) AS rows_found
FROM dates
LEFT JOIN (SELECT game_date, count(*) AS found FROM ml_feature_store_v2 GROUP BY game_date) AS staged
    ON staged.game_date = dates.game_date
WHERE coalesce(staged.found, 0) <> coalesce(dates.rows, 0)
    OR (staged.found IS NULL AND coalesce(dates.state, 'ok') = 'ok')
    OR (staged.found IS NULL AND dates.state = 'upstream_missing' AND coalesce(dates.detail, '') = '')
    OR dates.state = 'insufficient_history'
