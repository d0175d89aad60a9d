-- No score is the same for all players of a date.
-- severity: warn
-- why: a source that stops being filled turns a score into its default everywhere at once, without an error: fatigue
--      was 0 on six days of January 2026, pace is 0.0 wherever the pace of the teams is unknown. (Usage needs a
--      projection, which the source has never filled: it is 0.0 by rule. Two rested playoff teams may all be fresh:
--      from 40 players on.)
SELECT game_date, column_name, value_everywhere
FROM (
    UNPIVOT (
        SELECT
            game_date,
            CASE WHEN min(fatigue_score) = max(fatigue_score) THEN CAST(min(fatigue_score) AS VARCHAR) END
                AS fatigue_score,
            CASE
                WHEN min(shot_zone_mismatch_score) = max(shot_zone_mismatch_score)
                    THEN CAST(min(shot_zone_mismatch_score) AS VARCHAR)
            END AS shot_zone_mismatch_score,
            CASE WHEN min(pace_score) = max(pace_score) THEN CAST(min(pace_score) AS VARCHAR) END AS pace_score
        FROM player_composite_factors
        GROUP BY game_date
        HAVING count(*) >= 40
    )
    ON fatigue_score, shot_zone_mismatch_score, pace_score
    INTO NAME column_name VALUE value_everywhere
)
