-- Every game date has rows, or a state that says why not.
-- severity: block
-- why: four dates of November 2021 had context rows and no player zones, and only a count by hand found them.
--      An empty date without a reason is an error; so is a record that counts other rows than there are, and a
--      history that is insufficient after it was sufficient.
SELECT
    dates.analysis_date,
    dates.state,
    dates.detail,
    dates.rows AS rows_recorded,
    coalesce(staged.found, 0) AS rows_found
FROM dates
LEFT JOIN (SELECT analysis_date, count(*) AS found FROM player_shot_zone_analysis GROUP BY analysis_date) AS staged
    ON staged.analysis_date = dates.analysis_date
WHERE coalesce(staged.found, 0) <> coalesce(dates.rows, 0)
    OR (staged.found IS NULL AND coalesce(dates.state, 'ok') = 'ok')
    OR (staged.found IS NULL AND dates.state = 'upstream_missing' AND coalesce(dates.detail, '') = '')
    OR (
        dates.state = 'insufficient_history'
        AND dates.analysis_date > (SELECT min(analysis_date) FROM player_shot_zone_analysis)
    )
