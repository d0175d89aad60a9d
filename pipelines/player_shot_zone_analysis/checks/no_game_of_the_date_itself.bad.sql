-- The stamps a window has that reads `game_date <= analysis_date`, for every date from the latest game played on.
UPDATE player_shot_zone_analysis AS staged
SET source_player_game_last_updated = own.processed_at
FROM player_game_summary AS own
WHERE own.player_lookup = staged.player_lookup AND own.game_date = staged.analysis_date
