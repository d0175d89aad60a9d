-- One game more expected than the rest of the row admits.
UPDATE player_shot_zone_analysis
SET expected_games_count = expected_games_count + 1
WHERE (analysis_date, player_lookup) IN (
        SELECT (analysis_date, player_lookup) FROM player_shot_zone_analysis
        ORDER BY analysis_date DESC, player_lookup
        LIMIT 1
    )
