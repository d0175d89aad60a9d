-- Every zone of every team has a share, a comparison with the league, shots and blocks; one is best and one worst.
-- severity: warn
-- why: unknown zones in the team summaries made paint_defense_vs_league_avg NULL on 1,770 rows and opponent strength
--      0 on 10,068 of 10,069 rows downstream, without an error anywhere.
SELECT
    team_abbr,
    analysis_date,
    concat_ws(
        ', ',
        CASE WHEN paint_pct_allowed_last_15 IS NULL THEN 'paint_pct_allowed_last_15' END,
        CASE WHEN paint_defense_vs_league_avg IS NULL THEN 'paint_defense_vs_league_avg' END,
        CASE WHEN paint_attempts_allowed_per_game IS NULL THEN 'paint_attempts_allowed_per_game' END,
        CASE WHEN paint_points_allowed_per_game IS NULL THEN 'paint_points_allowed_per_game' END,
        CASE WHEN paint_blocks_per_game IS NULL THEN 'paint_blocks_per_game' END,
        CASE WHEN mid_range_pct_allowed_last_15 IS NULL THEN 'mid_range_pct_allowed_last_15' END,
        CASE WHEN mid_range_defense_vs_league_avg IS NULL THEN 'mid_range_defense_vs_league_avg' END,
        CASE WHEN mid_range_attempts_allowed_per_game IS NULL THEN 'mid_range_attempts_allowed_per_game' END,
        CASE WHEN mid_range_blocks_per_game IS NULL THEN 'mid_range_blocks_per_game' END,
        CASE WHEN three_pt_pct_allowed_last_15 IS NULL THEN 'three_pt_pct_allowed_last_15' END,
        CASE WHEN three_pt_defense_vs_league_avg IS NULL THEN 'three_pt_defense_vs_league_avg' END,
        CASE WHEN three_pt_attempts_allowed_per_game IS NULL THEN 'three_pt_attempts_allowed_per_game' END,
        CASE WHEN three_pt_blocks_per_game IS NULL THEN 'three_pt_blocks_per_game' END,
        CASE WHEN strongest_zone IS NULL THEN 'strongest_zone' END,
        CASE WHEN weakest_zone IS NULL THEN 'weakest_zone' END
    ) AS unknown
FROM team_defense_zone_analysis
WHERE unknown <> ''
