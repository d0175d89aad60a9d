-- The early flag and its reason say whether the sample is shorter than 10 games.
-- severity: block
-- why: PCF copies flag and reason from here; production wrote FALSE on every row, because shorter samples had none.
SELECT player_lookup, analysis_date, games_in_sample_10, early_season_flag, insufficient_data_reason
FROM player_shot_zone_analysis
WHERE CASE getvariable('rules')
        WHEN 'production' THEN early_season_flag IS DISTINCT FROM FALSE OR insufficient_data_reason IS NOT NULL
        ELSE early_season_flag IS DISTINCT FROM games_in_sample_10 < 10
            OR insufficient_data_reason IS DISTINCT FROM
            CASE WHEN games_in_sample_10 < 10 THEN 'Only ' || games_in_sample_10 || ' games available, need 10' END
    END
