-- No row says what cannot be: a count below 0 or above any game, makes above attempts, zones that miss the attempts.
-- severity: warn
-- why: 10,000,000 points in one cell stopped three tables of a season. Such a row is set aside: it counts in no window,
--      and is missed where it is due. The bounds are settings, e.g. --set player_game_summary.max_points=130.
SELECT *
FROM (
    SELECT
        game_date,
        team_abbr,
        points_scored,
        list_filter([
            CASE WHEN least(
            points_scored, points_in_paint_scored, rebounds, assists, turnovers, personal_fouls, fg_attempts,
            fg_makes, three_pt_attempts, three_pt_makes, ft_attempts, ft_makes, team_paint_attempts,
            team_paint_makes, team_mid_range_attempts, team_mid_range_makes
            ) < 0 THEN 'below 0' END,
            CASE WHEN greatest(
            points_scored, points_in_paint_scored, rebounds, assists, turnovers, personal_fouls, fg_attempts,
            fg_makes, three_pt_attempts, three_pt_makes, ft_attempts, ft_makes, team_paint_attempts,
            team_paint_makes, team_mid_range_attempts, team_mid_range_makes
            ) > getvariable('max_team_points') THEN 'above ' || getvariable('max_team_points') END,
            CASE WHEN fg_makes > fg_attempts THEN 'fg_makes above fg_attempts' END,
            CASE WHEN three_pt_makes > three_pt_attempts THEN 'three_pt_makes above three_pt_attempts' END,
            CASE WHEN ft_makes > ft_attempts THEN 'ft_makes above ft_attempts' END,
            CASE WHEN team_paint_makes > team_paint_attempts THEN 'team_paint_makes above team_paint_attempts' END,
            CASE WHEN team_mid_range_makes > team_mid_range_attempts THEN 'team_mid_range_makes above team_mid_range_attempts' END,
            CASE WHEN abs(team_paint_attempts + team_mid_range_attempts + three_pt_attempts - fg_attempts)
                > getvariable('zone_tolerance') THEN 'zones miss fg_attempts' END
        ], lambda problem: problem IS NOT NULL) AS problems
    FROM team_offense_game_summary
)
WHERE len(problems) > 0
