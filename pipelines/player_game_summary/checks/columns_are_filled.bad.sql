-- The shots of the first date not yet located.
UPDATE player_game_summary
SET paint_attempts = NULL, paint_makes = NULL
WHERE game_date = (
        SELECT min(game_date) FROM player_game_summary
        WHERE game_date >= make_date(getvariable('season'), 7, 1)
    )
