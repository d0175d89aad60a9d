-- Ages of the first date not found.
UPDATE upcoming_player_game_context
SET player_age = NULL
WHERE game_date = (
        SELECT min(game_date) FROM upcoming_player_game_context
        WHERE game_date >= getvariable('season_start')
    )
