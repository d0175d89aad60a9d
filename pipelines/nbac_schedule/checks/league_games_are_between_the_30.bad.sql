-- A game spelled the way another site spells Brooklyn.
UPDATE nbac_schedule
SET home_team_tricode = 'BRK'
WHERE game_id = (
        SELECT game_id FROM nbac_schedule
        WHERE game_date >= getvariable('season_start')
        ORDER BY game_date, game_id
        LIMIT 1
    )
