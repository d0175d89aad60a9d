-- The first date written again nine days later.
UPDATE upcoming_player_game_context
SET processed_at = processed_at + INTERVAL 9 DAYS
WHERE game_date = (
        SELECT min(game_date) FROM upcoming_player_game_context
        WHERE game_date >= make_date(getvariable('season'), 7, 1)
    )
