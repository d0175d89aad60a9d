-- A team in two places, and a game of which nobody knows what it is.
UPDATE nbac_schedule SET is_regular_season = NULL, is_playoffs = NULL
WHERE game_id = (SELECT max(game_id) FROM nbac_schedule WHERE is_regular_season)
