-- Eight rows left on the last date.
DELETE FROM player_composite_factors
WHERE game_date = (SELECT max(game_date) FROM player_composite_factors)
    AND player_lookup NOT IN (
        SELECT player_lookup FROM player_composite_factors
        WHERE game_date = (SELECT max(game_date) FROM player_composite_factors)
        ORDER BY player_lookup
        LIMIT 8
    )
