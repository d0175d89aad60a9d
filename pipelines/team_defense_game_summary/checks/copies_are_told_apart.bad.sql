-- A row stored twice, with another value and the same time and hash.
INSERT INTO team_defense_game_summary
SELECT * REPLACE (coalesce(points_allowed, 0) + 1 AS points_allowed)
FROM team_defense_game_summary
WHERE (defending_team_abbr, game_date) = (SELECT min((defending_team_abbr, game_date)) FROM team_defense_game_summary)
