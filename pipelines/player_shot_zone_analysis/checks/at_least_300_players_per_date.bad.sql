-- Eight rows left on the last date.
DELETE FROM player_shot_zone_analysis
WHERE analysis_date = (SELECT max(analysis_date) FROM player_shot_zone_analysis)
    AND player_lookup NOT IN (
        SELECT DISTINCT player_lookup FROM player_shot_zone_analysis ORDER BY player_lookup LIMIT 8
    )
