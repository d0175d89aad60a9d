-- The lines of the first date lost.
UPDATE upcoming_team_game_context
SET game_spread = NULL, game_total = NULL
WHERE game_date = (
        SELECT min(game_date) FROM upcoming_team_game_context
        WHERE game_date >= make_date(getvariable('season'), 7, 1)
    )
