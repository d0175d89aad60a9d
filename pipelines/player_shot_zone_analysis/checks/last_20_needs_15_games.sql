-- The figures over 20 games are unknown below 15 games and known from 15 wherever those over 10 are.
-- severity: block
-- why: the newest ten games are among the newest twenty; an average of a few games under the name of twenty misleads.
SELECT
    player_lookup,
    analysis_date,
    games_in_sample_20,
    paint_rate_last_10,
    paint_rate_last_20,
    paint_pct_last_10,
    paint_pct_last_20
FROM player_shot_zone_analysis
WHERE CASE
        WHEN games_in_sample_20 >= 15
            THEN (paint_rate_last_10 IS NOT NULL AND paint_rate_last_20 IS NULL)
                OR (paint_pct_last_10 IS NOT NULL AND paint_pct_last_20 IS NULL)
        ELSE paint_rate_last_20 IS NOT NULL OR paint_pct_last_20 IS NOT NULL
    END
