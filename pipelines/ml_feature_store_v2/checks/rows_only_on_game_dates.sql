-- Rows lie on game dates outside the bootstrap days.
-- severity: block
-- why: placeholders of 25 unknown features were once meant for the first 14 days, and no array can hold them: a row
--      there is a mistake. A row on a day without games describes nothing that can be predicted.
SELECT staged.game_date, staged.rows_found, staged.first_of_them, dates.state
FROM (
    SELECT
        game_date,
        count(*) AS rows_found,
        min(player_lookup) AS first_of_them,
        bool_and(backfill_bootstrap_mode IS TRUE) AS forced
    FROM ml_feature_store_v2
    GROUP BY game_date
) AS staged
LEFT JOIN dates ON dates.game_date = staged.game_date
WHERE dates.game_date IS NULL
    OR dates.state = 'no_games'
    OR (dates.state = 'bootstrap' AND NOT staged.forced)
