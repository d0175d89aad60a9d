-- A date of which only the points are known.
UPDATE ml_feature_store_v2
SET feature_quality_score = 62.80, quality_tier = 'bronze'
WHERE game_date = (SELECT max(game_date) FROM ml_feature_store_v2)
