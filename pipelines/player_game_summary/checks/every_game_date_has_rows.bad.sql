-- The first date of the season lost.
DELETE FROM player_game_summary
WHERE game_date = (
        SELECT min(game_date) FROM player_game_summary
        WHERE game_date >= make_date(getvariable('season'), 7, 1)
    )
