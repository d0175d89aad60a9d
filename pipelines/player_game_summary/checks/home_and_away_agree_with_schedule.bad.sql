-- Home and away exchanged in the id of one game.
UPDATE player_game_summary
SET game_id = split_part(game_id, '_', 1) || '_' || split_part(game_id, '_', 3) || '_' || split_part(game_id, '_', 2)
WHERE game_id = (
        SELECT game_id FROM player_game_summary
        WHERE game_date >= make_date(getvariable('season'), 7, 1)
        ORDER BY game_date, game_id
        LIMIT 1
    )
