-- Every game date has rows, or a state that says why not.
-- severity: block
-- why: on 2021-11-29 and -30 one team of thirty had no defence row, and the whole table wrote nothing. An empty date
--      without a reason is an error; so is a record that counts other rows than there are. No history is needed here: a
--      listed player has a row from his first game on.
SELECT
    dates.game_date,
    dates.state,
    dates.detail,
    dates.rows AS rows_recorded,
    coalesce(staged.found, 0) AS rows_found
FROM dates
LEFT JOIN (SELECT game_date, count(*) AS found FROM player_composite_factors GROUP BY game_date) AS staged
    ON staged.game_date = dates.game_date
WHERE coalesce(staged.found, 0) <> coalesce(dates.rows, 0)
    OR (staged.found IS NULL AND coalesce(dates.state, 'ok') = 'ok')
    OR (staged.found IS NULL AND dates.state = 'upstream_missing' AND coalesce(dates.detail, '') = '')
    OR dates.state = 'insufficient_history'
