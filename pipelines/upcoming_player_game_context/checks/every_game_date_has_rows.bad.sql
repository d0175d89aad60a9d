-- The first date of the season lost.
DELETE FROM upcoming_player_game_context
WHERE game_date = (
        SELECT min(game_date) FROM upcoming_player_game_context
        WHERE game_date >= make_date(getvariable('season'), 7, 1)
    )
