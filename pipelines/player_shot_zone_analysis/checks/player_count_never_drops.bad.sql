-- One player in ten lost on the last date.
DELETE FROM player_shot_zone_analysis
WHERE analysis_date = (SELECT max(analysis_date) FROM player_shot_zone_analysis)
    AND hash(player_lookup) % 10 = 0
