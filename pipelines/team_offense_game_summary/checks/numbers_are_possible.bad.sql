-- A count that no game has seen.
UPDATE team_offense_game_summary
SET points_scored = 10000000
WHERE (team_abbr, game_date) = (SELECT min((team_abbr, game_date)) FROM team_offense_game_summary)
