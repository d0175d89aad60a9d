-- One team of the first date lost.
DELETE FROM team_defense_game_summary
WHERE (game_date, defending_team_abbr) IN (
        SELECT (game_date, defending_team_abbr) FROM team_defense_game_summary
        WHERE game_date >= make_date(getvariable('season'), 7, 1)
        ORDER BY game_date, defending_team_abbr
        LIMIT 1
    )
