-- On every date the opponent's defense is known for 99 % of the players, every other group of features for half.
-- severity: warn
-- why: a default is a plausible number. When the defense rows of a date were missing, all players met 112.0 and 100.0,
--      and no check for NULL found it. (112.0 alone is also a real rating, of 4 rows in 10,000: without the pace it
--      counts only when more than half of a date has it. Production drops most caches, and with them points and team.)
WITH by_date AS (
    SELECT
        game_date,
        count(*) AS players,
        count(*) FILTER (WHERE features[14] = 112 AND features[15] = 100) / players AS opponent_defense,
        count(*) FILTER (WHERE features[14] = 112) / players AS opponent_def_rating,
        count(*) FILTER (WHERE features[1] = 10 AND features[2] = 10 AND features[3] = 10) / players AS points,
        count(*) FILTER (WHERE features[6] = 50 AND features[7] = 0 AND features[8] = 0) / players AS composites,
        count(*) FILTER (WHERE features[19] = 0.3 AND features[20] = 0.2 AND features[21] = 0.35) / players AS zones,
        count(*) FILTER (WHERE features[23] = 100 AND features[24] = 112) / players AS team
    FROM ml_feature_store_v2
    GROUP BY game_date
)

SELECT
    game_date,
    features_named,
    round(share, 4) AS share_of_defaults,
    CASE WHEN share > 0.5 THEN 'CONTAMINATED' ELSE 'PARTIAL' END AS status
FROM (
    UNPIVOT by_date
    ON opponent_defense, opponent_def_rating, points, composites, zones, team
    INTO NAME features_named VALUE share
)
WHERE share > CASE features_named WHEN 'opponent_defense' THEN 0.01 ELSE 0.5 END
    AND (getvariable('rules') = 'corrected' OR features_named NOT IN ('points', 'team'))
