-- The stamps a window has that reads `game_date <= analysis_date`, for every date from the latest game played on.
UPDATE team_defense_zone_analysis AS staged
SET source_team_defense_last_updated = own.processed_at
FROM team_defense_game_summary AS own
WHERE own.defending_team_abbr = staged.team_abbr AND own.game_date = staged.analysis_date
