-- No feature that should differ is the same for all players of a date.
-- severity: warn
-- why: a source that stops being filled turns a feature into its default everywhere at once, without an error: fatigue
--      was 0 on six days of January 2026, the share of wins 0.5 on every row until then. (Usage and injury need what
--      the source has never filled. Minutes do not change in the first ten games; home, back-to-back, playoffs and rest
--      are really alike on some dates, and on a date of two teams more is: from 40 players on.)
SELECT game_date, feature, value_everywhere
FROM (
    UNPIVOT (
        SELECT
            game_date,
            CASE WHEN min(features[1]) = max(features[1]) THEN min(features[1]) END AS points_avg_last_5,
            CASE WHEN min(features[2]) = max(features[2]) THEN min(features[2]) END AS points_avg_last_10,
            CASE WHEN min(features[3]) = max(features[3]) THEN min(features[3]) END AS points_avg_season,
            CASE WHEN min(features[4]) = max(features[4]) THEN min(features[4]) END AS points_std_last_10,
            CASE WHEN min(features[6]) = max(features[6]) THEN min(features[6]) END AS fatigue_score,
            CASE WHEN min(features[7]) = max(features[7]) THEN min(features[7]) END AS shot_zone_mismatch_score,
            CASE WHEN min(features[8]) = max(features[8]) THEN min(features[8]) END AS pace_score,
            CASE WHEN min(features[12]) = max(features[12]) THEN min(features[12]) END AS recent_trend,
            CASE WHEN min(features[14]) = max(features[14]) THEN min(features[14]) END AS opponent_def_rating,
            CASE WHEN min(features[15]) = max(features[15]) THEN min(features[15]) END AS opponent_pace,
            CASE WHEN min(features[19]) = max(features[19]) THEN min(features[19]) END AS pct_paint,
            CASE WHEN min(features[20]) = max(features[20]) THEN min(features[20]) END AS pct_mid_range,
            CASE WHEN min(features[21]) = max(features[21]) THEN min(features[21]) END AS pct_three,
            CASE WHEN min(features[22]) = max(features[22]) THEN min(features[22]) END AS pct_free_throw,
            CASE WHEN min(features[23]) = max(features[23]) THEN min(features[23]) END AS team_pace,
            CASE WHEN min(features[24]) = max(features[24]) THEN min(features[24]) END AS team_off_rating,
            CASE
                WHEN min(features[25]) = max(features[25]) AND getvariable('rules') = 'corrected' THEN min(features[25])
            END AS team_win_pct
        FROM ml_feature_store_v2
        GROUP BY game_date
        HAVING count(*) >= 40
    )
    ON
        points_avg_last_5,
        points_avg_last_10,
        points_avg_season,
        points_std_last_10,
        fatigue_score,
        shot_zone_mismatch_score,
        pace_score,
        recent_trend,
        opponent_def_rating,
        opponent_pace,
        pct_paint,
        pct_mid_range,
        pct_three,
        pct_free_throw,
        team_pace,
        team_off_rating,
        team_win_pct
    INTO NAME feature VALUE value_everywhere
)
