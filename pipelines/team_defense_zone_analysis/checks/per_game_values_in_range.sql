-- Shots, blocks, points, pace and rating of a defence are those of basketball games.
-- severity: block
-- why: four seasons stay between 90 and 130 for rating, pace and points; a sum in place of a mean, or a game counted
--      twice within its row, leaves these ranges at once. 0.0 shots is what production makes of unknown ones.
SELECT
    team_abbr,
    analysis_date,
    paint_attempts_allowed_per_game,
    mid_range_attempts_allowed_per_game,
    three_pt_attempts_allowed_per_game,
    paint_points_allowed_per_game,
    greatest(paint_blocks_per_game, mid_range_blocks_per_game, three_pt_blocks_per_game) AS most_blocks,
    opponent_points_per_game,
    opponent_pace,
    defensive_rating_last_15
FROM team_defense_zone_analysis
WHERE paint_attempts_allowed_per_game NOT BETWEEN 0 AND 80
    OR mid_range_attempts_allowed_per_game NOT BETWEEN 0 AND 60
    OR three_pt_attempts_allowed_per_game NOT BETWEEN 0 AND 80
    OR paint_points_allowed_per_game NOT BETWEEN 0 AND 100
    OR paint_blocks_per_game NOT BETWEEN 0 AND 20
    OR mid_range_blocks_per_game NOT BETWEEN 0 AND 20
    OR three_pt_blocks_per_game NOT BETWEEN 0 AND 20
    OR opponent_points_per_game NOT BETWEEN 50 AND 200
    OR opponent_pace NOT BETWEEN 70 AND 140
    OR defensive_rating_last_15 NOT BETWEEN 70 AND 150
