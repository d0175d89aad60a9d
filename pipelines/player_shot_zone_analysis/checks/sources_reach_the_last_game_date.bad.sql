-- The last date computed from sources that are ten days old.
UPDATE player_shot_zone_analysis
SET source_player_game_last_updated = source_player_game_last_updated - INTERVAL 10 DAYS
WHERE analysis_date = (SELECT max(analysis_date) FROM player_shot_zone_analysis)
