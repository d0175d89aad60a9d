-- An exhibition against a club from abroad.
UPDATE nbac_schedule
SET home_team_tricode = 'RMD', is_regular_season = FALSE, is_playoffs = FALSE
WHERE game_id = (
        SELECT game_id FROM nbac_schedule
        WHERE game_date >= getvariable('season_start')
        ORDER BY game_date, game_id
        LIMIT 1
    )
