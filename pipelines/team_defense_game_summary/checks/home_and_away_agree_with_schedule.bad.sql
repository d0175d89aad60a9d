-- Home and away exchanged in one game.
UPDATE team_defense_game_summary
SET
    home_game = NOT home_game,
    game_id = split_part(game_id, '_', 1) || '_' || split_part(game_id, '_', 3) || '_' || split_part(game_id, '_', 2)
WHERE (game_date, defending_team_abbr) IN (
        SELECT (game_date, defending_team_abbr) FROM team_defense_game_summary
        WHERE game_date >= make_date(getvariable('season'), 7, 1)
        ORDER BY game_date, defending_team_abbr
        LIMIT 1
    )
