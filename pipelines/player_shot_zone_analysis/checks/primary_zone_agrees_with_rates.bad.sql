-- Another zone than the rates say.
UPDATE player_shot_zone_analysis
SET primary_scoring_zone = CASE primary_scoring_zone WHEN 'paint' THEN 'perimeter' ELSE 'paint' END
WHERE (analysis_date, player_lookup) IN (
        SELECT (analysis_date, player_lookup) FROM player_shot_zone_analysis
        WHERE total_shots_last_10 IS NOT NULL
        ORDER BY analysis_date DESC, player_lookup
        LIMIT 1
    )
