-- A day on which blocks were not counted.
UPDATE team_defense_zone_analysis
SET paint_blocks_per_game = 0.0, mid_range_blocks_per_game = NULL
WHERE analysis_date = (SELECT max(analysis_date) FROM team_defense_zone_analysis)
