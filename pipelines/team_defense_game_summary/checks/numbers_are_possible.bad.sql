-- A count that no game has seen.
UPDATE team_defense_game_summary
SET points_allowed = 10000000
WHERE (defending_team_abbr, game_date) = (SELECT min((defending_team_abbr, game_date)) FROM team_defense_game_summary)
