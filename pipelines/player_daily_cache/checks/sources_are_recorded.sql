-- Every row names what it was made from: how many rows, how much of what was due, and their digest.
-- severity: block
-- why: without them a restated box score cannot be traced to the rows it changed. Of one-row sources there is one row
--      or none, and a digest exactly where there are rows. (Production stores counts of the run.)
SELECT
    player_lookup,
    cache_date,
    source_player_game_rows_found,
    source_player_game_hash,
    source_team_offense_rows_found,
    source_team_offense_hash,
    source_upcoming_context_rows_found,
    source_shot_zone_rows_found,
    source_shot_zone_hash,
    data_hash
FROM player_daily_cache
WHERE data_hash IS NULL
    OR length(data_hash) <> 16
    OR source_player_game_rows_found IS NULL
    OR source_team_offense_rows_found IS NULL
    OR source_upcoming_context_rows_found IS NULL
    OR source_shot_zone_rows_found IS NULL
    OR (
        getvariable('rules') = 'corrected'
        AND (
            (source_player_game_hash IS NULL) <> (source_player_game_rows_found = 0)
            OR (source_player_game_completeness_pct IS NULL) <> (l10_completeness_pct IS NULL)
            OR abs(source_player_game_completeness_pct - l10_completeness_pct) > 0.0551
            OR (source_team_offense_hash IS NULL) <> (source_team_offense_rows_found = 0)
            OR source_team_offense_completeness_pct NOT BETWEEN 0 AND 100
            OR source_upcoming_context_rows_found <> 1
            OR source_upcoming_context_completeness_pct IS DISTINCT FROM 100
            OR source_shot_zone_rows_found NOT IN (0, 1)
            OR source_shot_zone_completeness_pct IS DISTINCT FROM 100 * source_shot_zone_rows_found
            OR (source_shot_zone_hash IS NULL) <> (source_shot_zone_rows_found = 0)
        )
    )
