-- The pace of another team.
UPDATE player_daily_cache
SET team_pace_last_10 = team_pace_last_10 + 0.3
WHERE (cache_date, player_lookup) = (SELECT max((cache_date, player_lookup)) FROM player_daily_cache)
