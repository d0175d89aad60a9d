-- A game in the middle of the season lost.
DELETE FROM nbac_schedule
WHERE game_id = (
        SELECT game_id FROM nbac_schedule
        WHERE is_regular_season AND game_date >= make_date(getvariable('season') + 1, 2, 1)
        ORDER BY game_date, game_id
        LIMIT 1
    )
