-- No row says what cannot be: a count below 0 or above any game, makes above attempts, zones that miss the attempts.
-- severity: warn
-- why: 10,000,000 points in one cell stopped three tables of a season. Such a row is set aside: it counts in no window,
--      and is missed where it is due. The bounds are settings, e.g. --set player_game_summary.max_points=130.
SELECT *
FROM (
    SELECT
        game_date,
        defending_team_abbr,
        points_allowed,
        list_filter([
            CASE WHEN least(
            points_allowed, points_in_paint_allowed, mid_range_points_allowed, three_pt_points_allowed,
            blocks_paint, blocks_mid_range, blocks_three_pt, opp_fg_attempts, opp_fg_makes,
            opp_three_pt_attempts, opp_three_pt_makes, opp_ft_attempts, opp_ft_makes, opp_paint_attempts,
            opp_paint_makes, opp_mid_range_attempts, opp_mid_range_makes
            ) < 0 THEN 'below 0' END,
            CASE WHEN greatest(
            points_allowed, points_in_paint_allowed, mid_range_points_allowed, three_pt_points_allowed,
            blocks_paint, blocks_mid_range, blocks_three_pt, opp_fg_attempts, opp_fg_makes,
            opp_three_pt_attempts, opp_three_pt_makes, opp_ft_attempts, opp_ft_makes, opp_paint_attempts,
            opp_paint_makes, opp_mid_range_attempts, opp_mid_range_makes
            ) > getvariable('max_team_points') THEN 'above ' || getvariable('max_team_points') END,
            CASE WHEN opp_fg_makes > opp_fg_attempts THEN 'opp_fg_makes above opp_fg_attempts' END,
            CASE WHEN opp_three_pt_makes > opp_three_pt_attempts THEN 'opp_three_pt_makes above opp_three_pt_attempts' END,
            CASE WHEN opp_ft_makes > opp_ft_attempts THEN 'opp_ft_makes above opp_ft_attempts' END,
            CASE WHEN opp_paint_makes > opp_paint_attempts THEN 'opp_paint_makes above opp_paint_attempts' END,
            CASE WHEN opp_mid_range_makes > opp_mid_range_attempts THEN 'opp_mid_range_makes above opp_mid_range_attempts' END,
            CASE WHEN abs(opp_paint_attempts + opp_mid_range_attempts + opp_three_pt_attempts - opp_fg_attempts)
                > getvariable('zone_tolerance') THEN 'zones miss opp_fg_attempts' END
        ], lambda problem: problem IS NOT NULL) AS problems
    FROM team_defense_game_summary
)
WHERE len(problems) > 0
