-- One team of the first date lost.
DELETE FROM upcoming_player_game_context
WHERE (game_date, team_abbr) IN (
        SELECT (game_date, team_abbr) FROM upcoming_player_game_context
        WHERE game_date >= make_date(getvariable('season'), 7, 1)
        ORDER BY game_date, team_abbr
        LIMIT 1
    )
