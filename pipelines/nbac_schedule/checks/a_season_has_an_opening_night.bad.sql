-- All games are called playoffs.
UPDATE nbac_schedule SET is_regular_season = FALSE, is_playoffs = TRUE
