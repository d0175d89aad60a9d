-- Every game date has rows, or a state that says why not.
-- severity: block
-- why: seven dates of late 2021 were absent because their context rows were, and the feature store lacked them too. An
--      empty date without a reason is an error; so is a record that counts other rows than there are, and (where no row
--      is dropped for being unready) a history that is insufficient after it was sufficient.
SELECT
    dates.cache_date,
    dates.state,
    dates.detail,
    dates.rows AS rows_recorded,
    coalesce(staged.found, 0) AS rows_found
FROM dates
LEFT JOIN (SELECT cache_date, count(*) AS found FROM player_daily_cache GROUP BY cache_date) AS staged
    ON staged.cache_date = dates.cache_date
WHERE coalesce(staged.found, 0) <> coalesce(dates.rows, 0)
    OR (staged.found IS NULL AND coalesce(dates.state, 'ok') = 'ok')
    OR (staged.found IS NULL AND dates.state = 'upstream_missing' AND coalesce(dates.detail, '') = '')
    OR (
        getvariable('rules') = 'corrected'
        AND dates.state = 'insufficient_history'
        AND dates.cache_date > (SELECT min(cache_date) FROM player_daily_cache)
    )
