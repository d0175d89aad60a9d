-- The last date computed from team games that are ten days old.
UPDATE player_daily_cache
SET source_team_offense_last_updated = source_team_offense_last_updated - INTERVAL 10 DAYS
WHERE cache_date = (SELECT max(cache_date) FROM player_daily_cache)
