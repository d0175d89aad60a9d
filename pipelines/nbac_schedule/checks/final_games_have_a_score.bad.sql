-- A final game whose scores were lost.
UPDATE nbac_schedule
SET home_team_score = NULL, away_team_score = NULL
WHERE game_id = (
        SELECT game_id FROM nbac_schedule
        WHERE is_regular_season AND game_date >= getvariable('season_start')
        ORDER BY game_date, game_id
        LIMIT 1
    )
