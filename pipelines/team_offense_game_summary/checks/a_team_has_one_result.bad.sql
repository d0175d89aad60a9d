-- The same game, lost.
INSERT INTO team_offense_game_summary
SELECT * REPLACE (NOT win_flag AS win_flag)
FROM team_offense_game_summary
WHERE (game_date, team_abbr) = (SELECT min((game_date, team_abbr)) FROM team_offense_game_summary)
