-- Threes lost from the total.
UPDATE player_shot_zone_analysis
SET three_pt_rate_last_10 = CASE WHEN three_pt_rate_last_10 < 10 THEN three_pt_rate_last_10 + 10 ELSE 0 END
WHERE (analysis_date, player_lookup) IN (
        SELECT (analysis_date, player_lookup) FROM player_shot_zone_analysis
        WHERE total_shots_last_10 IS NOT NULL
        ORDER BY analysis_date DESC, player_lookup
        LIMIT 1
    )
