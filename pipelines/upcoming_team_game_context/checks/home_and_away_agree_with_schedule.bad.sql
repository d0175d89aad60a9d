-- Home turned round in one row.
UPDATE upcoming_team_game_context
SET home_game = NOT home_game
WHERE (game_date, team_abbr) IN (
        SELECT (game_date, team_abbr) FROM upcoming_team_game_context
        WHERE game_date >= getvariable('season_start')
        ORDER BY game_date, team_abbr
        LIMIT 1
    )
