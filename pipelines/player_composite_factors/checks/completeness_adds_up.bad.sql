-- One game more expected than the rest of the row admits.
UPDATE player_composite_factors
SET expected_games_count = expected_games_count + 1
WHERE (game_date, player_lookup) IN (
        SELECT (game_date, player_lookup) FROM player_composite_factors
        ORDER BY game_date DESC, player_lookup
        LIMIT 1
    )
