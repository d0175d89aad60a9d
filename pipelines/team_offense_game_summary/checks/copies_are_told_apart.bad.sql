-- A row stored twice, with another value and the same time and hash.
INSERT INTO team_offense_game_summary
SELECT * REPLACE (coalesce(points_scored, 0) + 1 AS points_scored)
FROM team_offense_game_summary
WHERE (team_abbr, game_date) = (SELECT min((team_abbr, game_date)) FROM team_offense_game_summary)
