-- The early flag and its reason say whether the sample is shorter than 15 games.
-- severity: block
-- why: production left the flag NULL on every row, so "WHERE NOT early_season_flag" found nothing at all.
SELECT team_abbr, analysis_date, games_in_sample, early_season_flag, insufficient_data_reason
FROM team_defense_zone_analysis
WHERE CASE getvariable('rules')
        WHEN 'production' THEN early_season_flag IS NOT NULL OR insufficient_data_reason IS NOT NULL
        ELSE early_season_flag IS DISTINCT FROM games_in_sample < 15
            OR insufficient_data_reason IS DISTINCT FROM
            CASE WHEN games_in_sample < 15 THEN 'Only ' || games_in_sample || ' games available, need 15' END
    END
