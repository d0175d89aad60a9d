-- No number is NULL for all teams of a date, or the same for all of them.
-- severity: warn
-- why: a source column that stops being filled turns into NULL, 0.0 or a default everywhere at once, without an error.
WITH numbers AS (
    SELECT
        analysis_date,
        paint_pct_allowed_last_15,
        paint_attempts_allowed_per_game,
        paint_points_allowed_per_game,
        paint_blocks_per_game,
        paint_defense_vs_league_avg,
        mid_range_pct_allowed_last_15,
        mid_range_attempts_allowed_per_game,
        mid_range_blocks_per_game,
        mid_range_defense_vs_league_avg,
        three_pt_pct_allowed_last_15,
        three_pt_attempts_allowed_per_game,
        three_pt_blocks_per_game,
        three_pt_defense_vs_league_avg,
        defensive_rating_last_15,
        opponent_points_per_game,
        opponent_pace
    FROM team_defense_zone_analysis
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
