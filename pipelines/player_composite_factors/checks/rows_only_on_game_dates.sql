-- Rows lie on game dates outside the bootstrap days, and say the same date twice.
-- severity: block
-- why: rows of a day without games count as coverage that is not there. The hash of this table was once looked up by
--      `analysis_date`, which the table could leave NULL.
SELECT staged.game_date, staged.rows_found, staged.first_of_them, staged.one_date, dates.state
FROM (
    SELECT
        game_date,
        count(*) AS rows_found,
        min(player_lookup) AS first_of_them,
        bool_and(backfill_bootstrap_mode IS TRUE) AS forced,
        bool_and(analysis_date IS NOT DISTINCT FROM game_date) AS one_date
    FROM player_composite_factors
    GROUP BY game_date
) AS staged
LEFT JOIN dates ON dates.game_date = staged.game_date
WHERE dates.game_date IS NULL
    OR dates.state = 'no_games'
    OR NOT staged.one_date
    OR (dates.state = 'bootstrap' AND NOT staged.forced)
