-- A row rests on at least the minimum of games and at most 82 of the player, and at most 10 of his team.
-- severity: block
-- why: a player below the minimum has no row but a reason; more than 82 is not the window of the season columns. The
--      source columns count the same rows. (In production they count the run's, whatever the player.)
SELECT player_lookup, cache_date, games_played_season, source_player_game_rows_found, source_team_offense_rows_found
FROM player_daily_cache
WHERE games_played_season IS NULL
    OR games_played_season NOT BETWEEN least(getvariable('min_games'), 82) AND 82
    OR (
        getvariable('rules') = 'corrected'
        AND (
            source_player_game_rows_found IS DISTINCT FROM games_played_season
            OR source_team_offense_rows_found IS NULL
            OR source_team_offense_rows_found NOT BETWEEN 0 AND 10
        )
    )
