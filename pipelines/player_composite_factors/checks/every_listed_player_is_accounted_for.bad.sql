-- One player lost without a word.
DELETE FROM player_composite_factors
WHERE (game_date, player_lookup) IN (
        SELECT (game_date, player_lookup) FROM player_composite_factors
        ORDER BY game_date DESC, player_lookup
        LIMIT 1
    )
