-- The order of teams in the game id (AWAY_HOME) is that of the schedule.
-- severity: warn
-- why: ids of the form HOME_AWAY occur in the team tables and join nothing here.
WITH sides AS (
    SELECT
        game_date,
        game_id,
        strftime(game_date, '%Y%m%d') || '_' || away_team_tricode || '_' || home_team_tricode AS away_home,
        home_team_tricode,
        unnest([home_team_tricode, away_team_tricode]) AS team_abbr
    FROM nbac_schedule
    WHERE (is_regular_season OR is_playoffs)
        AND game_date >= make_date(getvariable('season'), 7, 1)
        AND game_date < make_date(getvariable('season') + 1, 7, 1)
)

SELECT pulled.game_date, pulled.game_id, sides.away_home, count(*) AS players
FROM player_game_summary AS pulled
INNER JOIN sides ON sides.game_date = pulled.game_date AND sides.team_abbr = pulled.team_abbr
WHERE contains(pulled.game_id, '_') AND pulled.game_id <> sides.away_home
GROUP BY pulled.game_date, pulled.game_id, sides.away_home
