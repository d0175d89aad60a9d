-- The last date computed from defences that are ten days old.
UPDATE ml_feature_store_v2
SET source_team_defense_last_updated = source_team_defense_last_updated - INTERVAL 10 DAYS
WHERE game_date = (SELECT max(game_date) FROM ml_feature_store_v2)
