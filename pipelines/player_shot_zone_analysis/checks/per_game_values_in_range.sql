-- Shots per game and shots in the window are those of one player in at most ten games.
-- severity: block
-- why: nobody averages 20 shots from one zone over ten games; a sum in place of a mean does.
SELECT
    player_lookup,
    analysis_date,
    paint_attempts_per_game,
    mid_range_attempts_per_game,
    three_pt_attempts_per_game,
    total_shots_last_10
FROM player_shot_zone_analysis
WHERE paint_attempts_per_game NOT BETWEEN 0 AND 40
    OR mid_range_attempts_per_game NOT BETWEEN 0 AND 40
    OR three_pt_attempts_per_game NOT BETWEEN 0 AND 40
    OR total_shots_last_10 NOT BETWEEN 1 AND 50 * games_in_sample_10
