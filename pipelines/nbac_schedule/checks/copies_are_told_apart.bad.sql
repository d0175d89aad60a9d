-- A row stored twice, with another value and the same time and hash.
INSERT INTO nbac_schedule
SELECT * REPLACE (concat(home_team_tricode, away_team_tricode) AS home_team_tricode)
FROM nbac_schedule
WHERE (game_id) = (SELECT min((game_id)) FROM nbac_schedule)
