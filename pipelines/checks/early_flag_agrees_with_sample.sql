-- The early flag and its reason say whether the sample is shorter than {games} games.
-- severity: block
-- why: downstream tables copy flag and reason, and readers leave out flagged rows; production left the flag of a table
--      NULL on every row, so that "WHERE NOT early_season_flag" found nothing at all.
-- with: sample; games; reason; known_in_production = TRUE
SELECT {entity}, {date}, {sample}, early_season_flag, insufficient_data_reason
FROM {table}
WHERE CASE
        WHEN getvariable('rules') = 'production' AND NOT {known_in_production}
            THEN early_season_flag IS NOT NULL OR insufficient_data_reason IS NOT NULL
        ELSE early_season_flag IS DISTINCT FROM ({sample} < {games})
            OR insufficient_data_reason IS DISTINCT FROM
            CASE WHEN {sample} < {games} THEN 'Only ' || {sample} || ' games {reason}' END
    END
