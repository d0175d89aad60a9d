-- A game that was played, to be played once more.
UPDATE nbac_schedule
SET game_status = 1
WHERE game_id = (
        SELECT game_id FROM nbac_schedule
        WHERE is_regular_season AND game_date >= getvariable('season_start')
        ORDER BY game_date, game_id
        LIMIT 1
    )
