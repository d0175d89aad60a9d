-- One flag turned round.
UPDATE player_daily_cache
SET l14d_is_complete = NOT l14d_is_complete
WHERE (cache_date, player_lookup) = (SELECT max((cache_date, player_lookup)) FROM player_daily_cache)
