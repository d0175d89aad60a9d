-- One game more expected than the rest of the row admits.
UPDATE ml_feature_store_v2
SET expected_games_count = expected_games_count + 1
WHERE (game_date, player_lookup) IN (
        SELECT (game_date, player_lookup) FROM ml_feature_store_v2
        ORDER BY game_date DESC, player_lookup
        LIMIT 1
    )
