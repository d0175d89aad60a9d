-- The first date written again nine days later.
UPDATE team_defense_game_summary
SET processed_at = processed_at + INTERVAL 9 DAYS
WHERE game_date = (
        SELECT min(game_date) FROM team_defense_game_summary
        WHERE game_date >= make_date(getvariable('season'), 7, 1)
    )
