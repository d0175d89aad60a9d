-- Every row names the four rows it was made from: whether there is one, and its digest.
-- severity: block
-- why: without them a corrected upstream row cannot be traced to the scores it changed. There is one row or none, and a
--      digest only where there is one. (Production stores counts of the run.)
SELECT
    player_lookup,
    game_date,
    source_player_context_rows_found,
    source_team_context_rows_found,
    source_team_context_hash,
    source_player_shot_rows_found,
    source_player_shot_hash,
    source_team_defense_rows_found,
    source_team_defense_hash,
    data_hash
FROM player_composite_factors
WHERE data_hash IS NULL
    OR length(data_hash) <> 16
    OR source_player_context_rows_found IS NULL
    OR source_team_context_rows_found IS NULL
    OR source_player_shot_rows_found IS NULL
    OR source_team_defense_rows_found IS NULL
    OR source_player_context_completeness_pct IS NULL
    OR source_team_context_completeness_pct IS NULL
    OR source_player_shot_completeness_pct IS NULL
    OR source_team_defense_completeness_pct IS NULL
    OR (
        getvariable('rules') = 'corrected'
        AND (
            source_player_context_rows_found <> 1
            OR source_team_context_rows_found NOT IN (0, 1)
            OR source_player_shot_rows_found NOT IN (0, 1)
            OR source_team_defense_rows_found NOT IN (0, 1)
            OR source_player_context_completeness_pct <> 100
            OR source_team_context_completeness_pct <> 100 * source_team_context_rows_found
            OR source_player_shot_completeness_pct <> 100 * source_player_shot_rows_found
            OR source_team_defense_completeness_pct <> 100 * source_team_defense_rows_found
            OR (source_team_context_rows_found = 0 AND source_team_context_hash IS NOT NULL)
            OR (source_player_shot_rows_found = 0) <> (source_player_shot_hash IS NULL)
            OR (source_team_defense_rows_found = 0) <> (source_team_defense_hash IS NULL)
            OR (source_player_shot_rows_found = 0) IS DISTINCT FROM
            coalesce(contains(missing_data_fields, 'player_shot_zone'), FALSE)
            OR (source_team_defense_rows_found = 0) IS DISTINCT FROM
            coalesce(contains(missing_data_fields, 'team_defense_zone'), FALSE)
        )
    )
