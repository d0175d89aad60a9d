-- An exhibition against a club from abroad.
UPDATE nbac_schedule
SET home_team_tricode = 'RMD', is_regular_season = FALSE, is_playoffs = FALSE
WHERE game_id = (
        SELECT game_id FROM nbac_schedule
        WHERE game_date >= make_date(getvariable('season'), 7, 1)
        ORDER BY game_date, game_id
        LIMIT 1
    )
