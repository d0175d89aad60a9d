-- No number is NULL for all players of a date, or the same for all of them.
-- severity: warn
-- why: a source column that stops being filled turns into NULL, 0.0 or a default everywhere at once, without an error.
WITH numbers AS (
    SELECT
        analysis_date,
        paint_rate_last_10,
        mid_range_rate_last_10,
        three_pt_rate_last_10,
        total_shots_last_10,
        paint_pct_last_10,
        mid_range_pct_last_10,
        three_pt_pct_last_10,
        paint_attempts_per_game,
        mid_range_attempts_per_game,
        three_pt_attempts_per_game,
        assisted_rate_last_10,
        unassisted_rate_last_10
    FROM player_shot_zone_analysis
),

by_date AS (
    SELECT
        analysis_date,
        CASE
            WHEN count(COLUMNS(* EXCLUDE analysis_date)) = 0 THEN 'NULL'
            WHEN min(COLUMNS(* EXCLUDE analysis_date)) = max(COLUMNS(* EXCLUDE analysis_date))
                THEN CAST(min(COLUMNS(* EXCLUDE analysis_date)) AS VARCHAR)
        END
    FROM numbers
    GROUP BY analysis_date
    HAVING count(*) >= 10
)

SELECT analysis_date, column_name, value_everywhere
FROM (UNPIVOT by_date ON COLUMNS(* EXCLUDE analysis_date) INTO NAME column_name VALUE value_everywhere)
