-- Averages, load, rates and age are those of a basketball player.
-- severity: block
-- why: a sum in place of a mean, a percentage in place of a fraction or two exchanged columns leave these ranges at
--      once. Bounds are the live validator's where it has one (points over 10 games 0-60, true shooting 0-1.5, minutes
--      0-53). Usage of a few seconds on court can exceed 600 %, so a mean of five games may exceed 100, not 300. The
--      live bound of four games in seven days is not kept: 13 rows of four seasons really have five.
SELECT
    player_lookup,
    cache_date,
    points_avg_last_5,
    points_avg_last_10,
    points_avg_season,
    points_std_last_10,
    minutes_avg_last_10,
    usage_rate_last_10,
    ts_pct_last_10,
    assisted_rate_last_10,
    team_pace_last_10,
    team_off_rating_last_10,
    games_in_last_7_days,
    games_in_last_14_days,
    player_age
FROM player_daily_cache
WHERE points_avg_last_5 NOT BETWEEN 0 AND 70
    OR points_avg_last_10 NOT BETWEEN 0 AND 60
    OR points_avg_season NOT BETWEEN 0 AND 60
    OR points_std_last_10 NOT BETWEEN 0 AND 35
    OR minutes_avg_last_10 NOT BETWEEN 0 AND 53
    OR least(usage_rate_last_10, player_usage_rate_season) < 0
    OR (games_played_season >= 5 AND greatest(usage_rate_last_10, player_usage_rate_season) > 300)
    OR ts_pct_last_10 NOT BETWEEN 0 AND 1.5
    OR assisted_rate_last_10 NOT BETWEEN 0 AND 1
    OR paint_rate_last_10 NOT BETWEEN 0 AND 100
    OR three_pt_rate_last_10 NOT BETWEEN 0 AND 100
    OR team_pace_last_10 NOT BETWEEN 70 AND 140
    OR team_off_rating_last_10 NOT BETWEEN 70 AND 150
    OR games_in_last_7_days NOT BETWEEN 0 AND 7
    OR games_in_last_14_days NOT BETWEEN games_in_last_7_days AND 14
    OR minutes_in_last_7_days NOT BETWEEN 0 AND 60 * games_in_last_7_days
    OR minutes_in_last_14_days NOT BETWEEN 0 AND 60 * games_in_last_14_days
    OR back_to_backs_last_14_days NOT BETWEEN 0 AND 13
    OR avg_minutes_per_game_last_7 NOT BETWEEN 0 AND 60
    OR player_age NOT BETWEEN 17 AND 50
    OR primary_scoring_zone NOT IN ('paint', 'perimeter', 'mid_range', 'balanced')
