-- A placeholder of the first days.
UPDATE ml_feature_store_v2
SET processing_decision_reason = 'early_season_placeholder'
WHERE (game_date, player_lookup) IN (
        SELECT (game_date, player_lookup) FROM ml_feature_store_v2
        ORDER BY game_date DESC, player_lookup
        LIMIT 1
    )
