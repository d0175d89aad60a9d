-- No number is NULL for all players of a date, or the same for all of them.
-- severity: warn
-- why: a source column that stops being filled turns into NULL, 0.0 or a default everywhere at once, without an error:
--      usage was NULL and assisted 0.0 on every row of 2025-12-06. (Fourth-quarter minutes are never filled; nobody has
--      played in seven days on the first date after the All-Star break; two teams of a playoff date may have one pace.)
WITH numbers AS (
    SELECT
        cache_date,
        points_avg_last_5,
        points_avg_last_10,
        points_avg_season,
        points_std_last_10,
        minutes_avg_last_10,
        usage_rate_last_10,
        ts_pct_last_10,
        team_pace_last_10,
        team_off_rating_last_10,
        player_usage_rate_season,
        minutes_in_last_14_days,
        paint_rate_last_10,
        three_pt_rate_last_10,
        assisted_rate_last_10,
        player_age
    FROM player_daily_cache
),

by_date AS (
    SELECT
        cache_date,
        CASE
            WHEN count(COLUMNS(* EXCLUDE cache_date)) = 0 THEN 'NULL'
            WHEN min(COLUMNS(* EXCLUDE cache_date)) = max(COLUMNS(* EXCLUDE cache_date))
                THEN CAST(min(COLUMNS(* EXCLUDE cache_date)) AS VARCHAR)
        END
    FROM numbers
    GROUP BY cache_date
    HAVING count(*) >= 40
)

SELECT cache_date, column_name, value_everywhere
FROM (UNPIVOT by_date ON COLUMNS(* EXCLUDE cache_date) INTO NAME column_name VALUE value_everywhere)
