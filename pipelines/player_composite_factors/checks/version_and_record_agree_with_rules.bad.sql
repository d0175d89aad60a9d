-- A row of the other rule set.
UPDATE player_composite_factors
SET
    calculation_version = CASE calculation_version
        WHEN 'v1_4factors' THEN 'v1_4factors+corrected'
        ELSE 'v1_4factors'
    END
WHERE (game_date, player_lookup) IN (
        SELECT (game_date, player_lookup) FROM player_composite_factors
        ORDER BY game_date DESC, player_lookup
        LIMIT 1
    )
