-- A hole of one day, as between two batches.
DELETE FROM ml_feature_store_v2
WHERE game_date = (SELECT max(game_date) FROM ml_feature_store_v2)
