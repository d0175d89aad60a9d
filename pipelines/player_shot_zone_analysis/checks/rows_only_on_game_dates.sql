-- Rows lie on game dates outside the bootstrap days.
-- severity: block
-- why: a run over a range once wrote 2021-11-25, a day without games; such rows count as coverage that is not there.
SELECT staged.analysis_date, staged.rows_found, staged.first_of_them, dates.state
FROM (
    SELECT
        analysis_date,
        count(*) AS rows_found,
        min(player_lookup) AS first_of_them,
        bool_and(backfill_bootstrap_mode IS TRUE) AS forced
    FROM player_shot_zone_analysis
    GROUP BY analysis_date
) AS staged
LEFT JOIN dates ON dates.analysis_date = staged.analysis_date
WHERE dates.analysis_date IS NULL
    OR dates.state = 'no_games'
    OR (dates.state = 'bootstrap' AND NOT staged.forced)
