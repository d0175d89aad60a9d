-- One player lost without a word.
DELETE FROM ml_feature_store_v2
WHERE (game_date, player_lookup) IN (
        SELECT (game_date, player_lookup) FROM ml_feature_store_v2
        WHERE (game_date, player_lookup) IN (SELECT (game_date, player_lookup) FROM upcoming_player_game_context)
        ORDER BY game_date DESC, player_lookup
        LIMIT 1
    )
