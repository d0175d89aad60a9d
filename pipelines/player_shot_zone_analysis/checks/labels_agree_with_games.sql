-- Sample labels and quality tier follow from the games in the sample.
-- severity: block
-- why: readers choose rows by these words. In production "good" began at 14 games, one before the figures it labels.
SELECT
    player_lookup,
    analysis_date,
    games_in_sample_10,
    sample_quality_10,
    games_in_sample_20,
    sample_quality_20,
    data_quality_tier
FROM player_shot_zone_analysis
WHERE sample_quality_10 IS DISTINCT FROM CASE
        WHEN games_in_sample_10 >= 10 THEN 'excellent'
        WHEN games_in_sample_10 >= 7 THEN 'good'
        WHEN games_in_sample_10 >= 5 THEN 'limited'
        ELSE 'insufficient'
    END
    OR sample_quality_20 IS DISTINCT FROM CASE
        WHEN games_in_sample_20 >= 20 THEN 'excellent'
        WHEN games_in_sample_20 >= CASE getvariable('rules') WHEN 'production' THEN 14 ELSE 15 END THEN 'good'
        WHEN games_in_sample_20 >= 10 THEN 'limited'
        ELSE 'insufficient'
    END
    OR data_quality_tier IS DISTINCT FROM CASE
        WHEN games_in_sample_10 >= 10 THEN 'high'
        WHEN games_in_sample_10 >= 7 THEN 'medium'
        ELSE 'low'
    END
