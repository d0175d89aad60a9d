-- The id of a game given to a game of the day after.
UPDATE nbac_schedule
SET game_id = (SELECT min(game_id) FROM nbac_schedule WHERE is_regular_season)
WHERE game_id = (SELECT max(game_id) FROM nbac_schedule WHERE is_regular_season)
