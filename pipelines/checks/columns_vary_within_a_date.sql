-- No number is NULL for all rows of a date, or the same for all of them, where a date has {rows} rows or more.
-- severity: warn
-- why: a source column that stops being filled turns into NULL, 0.0 or a default everywhere at once, without an error:
--      usage was NULL and assisted 0.0 on every row of 2025-12-06, fatigue 0 on six days of January 2026, the share of
--      wins 0.5 on every row until then. Small dates are alike by chance: two rested playoff teams, one pace. Not among
--      the columns are those that the source has never filled, and those that are really alike on some dates.
-- with: columns; rows = 10; corrected_only = ''; alike
WITH numbers AS (
    SELECT {date}, {columns}
    FROM {table}
),

by_date AS (
    SELECT
        {date},
        CASE
            WHEN count(COLUMNS(* EXCLUDE {date})) = 0 THEN 'NULL'
            WHEN min(COLUMNS(* EXCLUDE {date})) = max(COLUMNS(* EXCLUDE {date}))
                THEN CAST(min(COLUMNS(* EXCLUDE {date})) AS VARCHAR)
        END
    FROM numbers
    GROUP BY {date}
    HAVING count(*) >= {rows}
)

SELECT {date}, column_name, value_everywhere
FROM (UNPIVOT by_date ON COLUMNS(* EXCLUDE {date}) INTO NAME column_name VALUE value_everywhere)
WHERE getvariable('rules') = 'corrected' OR column_name NOT IN ({corrected_only})
