-- Rows lie on game dates outside the bootstrap days.
-- severity: block
-- why: a run over a range once wrote 2021-11-25, a day without games; such rows count as coverage that is not there, and
--      describe nothing that can be predicted. In the bootstrap days an average is one of two or three games.
-- with: wrong = FALSE
SELECT staged.{date}, staged.rows_found, staged.first_of_them, staged.is_wrong, dates.state
FROM (
    SELECT
        {date},
        count(*) AS rows_found,
        min({entity}) AS first_of_them,
        bool_and(backfill_bootstrap_mode IS TRUE) AS forced,
        bool_or({wrong}) AS is_wrong
    FROM {table}
    GROUP BY {date}
) AS staged
LEFT JOIN dates ON dates.{date} = staged.{date}
WHERE dates.{date} IS NULL
    OR dates.state = 'no_games'
    OR (dates.state = 'bootstrap' AND NOT staged.forced)
    OR staged.is_wrong
