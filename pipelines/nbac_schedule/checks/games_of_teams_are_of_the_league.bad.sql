-- A date whose games are all called exhibitions.
UPDATE nbac_schedule SET is_regular_season = FALSE, is_playoffs = FALSE
WHERE game_date = (
        SELECT game_date FROM nbac_schedule WHERE is_regular_season GROUP BY game_date ORDER BY count(*) DESC, game_date LIMIT 1
    )
