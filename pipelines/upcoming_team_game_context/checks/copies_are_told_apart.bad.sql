-- A row stored twice, with another value and the same time and hash.
INSERT INTO upcoming_team_game_context
SELECT * REPLACE (coalesce(travel_miles, 0) + 1 AS travel_miles)
FROM upcoming_team_game_context
WHERE (team_abbr, game_date) = (SELECT min((team_abbr, game_date)) FROM upcoming_team_game_context)
