-- Eight rows left on the last date.
DELETE FROM ml_feature_store_v2
WHERE game_date = (SELECT max(game_date) FROM ml_feature_store_v2)
    AND player_lookup NOT IN (
        SELECT player_lookup FROM ml_feature_store_v2
        WHERE game_date = (SELECT max(game_date) FROM ml_feature_store_v2)
        ORDER BY player_lookup
        LIMIT 8
    )
