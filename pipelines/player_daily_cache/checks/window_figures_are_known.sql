-- On every date the season's points are known for 99 % of the players, every other window figure for 80 %.
-- severity: warn
-- why: a source that loses a column loses it for nearly everybody at once: minutes and usage were NULL on all but 0.5 %
--      of the box scores of 2025-12-06. Below half, the figures of the date are worthless (CONTAMINATED), above
--      PARTIAL.
WITH by_date AS (
    SELECT
        cache_date,
        count(COLUMNS([
            'points_avg_season',
            'points_avg_last_5',
            'points_avg_last_10',
            'points_std_last_10',
            'minutes_avg_last_10',
            'usage_rate_last_10',
            'ts_pct_last_10',
            'team_pace_last_10',
            'team_off_rating_last_10',
            'paint_rate_last_10',
            'three_pt_rate_last_10',
            'assisted_rate_last_10',
            'games_in_last_7_days',
            'games_in_last_14_days'
        ])) / count(*)
    FROM player_daily_cache
    GROUP BY cache_date
)

SELECT
    cache_date,
    column_name,
    round(known, 4) AS share_of_players,
    CASE WHEN known < 0.5 THEN 'CONTAMINATED' ELSE 'PARTIAL' END AS status
FROM (UNPIVOT by_date ON COLUMNS(* EXCLUDE cache_date) INTO NAME column_name VALUE known)
WHERE known < CASE column_name WHEN 'points_avg_season' THEN 0.99 ELSE 0.8 END
