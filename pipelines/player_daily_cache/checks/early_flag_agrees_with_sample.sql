-- The early flag and its reason say whether the sample is shorter than 10 games.
-- severity: block
-- why: the feature store copies flag and reason from here, and readers leave out flagged rows.
SELECT player_lookup, cache_date, games_played_season, early_season_flag, insufficient_data_reason
FROM player_daily_cache
WHERE early_season_flag IS DISTINCT FROM games_played_season < 10
    OR insufficient_data_reason IS DISTINCT FROM
    CASE WHEN games_played_season < 10 THEN 'Only ' || games_played_season || ' games played, need 10 minimum' END
