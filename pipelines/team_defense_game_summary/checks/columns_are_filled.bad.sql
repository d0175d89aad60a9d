-- The shots of the first date not yet located.
UPDATE team_defense_game_summary
SET opp_paint_attempts = NULL, opp_paint_makes = NULL
WHERE game_date = (
        SELECT min(game_date) FROM team_defense_game_summary
        WHERE game_date >= make_date(getvariable('season'), 7, 1)
    )
