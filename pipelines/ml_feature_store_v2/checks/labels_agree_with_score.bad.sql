-- Gold without the gold.
UPDATE ml_feature_store_v2
SET feature_quality_score = 62.80, quality_tier = 'gold'
WHERE (game_date, player_lookup) = (SELECT max((game_date, player_lookup)) FROM ml_feature_store_v2)
