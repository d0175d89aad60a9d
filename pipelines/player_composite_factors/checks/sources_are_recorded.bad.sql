-- The defence of nobody.
UPDATE player_composite_factors
SET source_team_defense_rows_found = NULL, source_team_defense_hash = NULL
WHERE (game_date, player_lookup) IN (
        SELECT (game_date, player_lookup) FROM player_composite_factors
        ORDER BY game_date DESC, player_lookup
        LIMIT 1
    )
