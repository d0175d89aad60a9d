-- The points of nobody.
UPDATE ml_feature_store_v2
SET features = list_concat(['NaN'::DOUBLE], features[2:])
WHERE (game_date, player_lookup) IN (
        SELECT (game_date, player_lookup) FROM ml_feature_store_v2
        ORDER BY game_date DESC, player_lookup
        LIMIT 1
    )
