-- No row says what cannot be: a count below 0 or above any game, makes above attempts, zones that miss the attempts.
-- severity: warn
-- why: 10,000,000 points in one cell stopped three tables of a season. Such a row is set aside: it counts in no window,
--      and is missed where it is due. The bounds are settings, e.g. --set player_game_summary.max_points=130.
SELECT *
FROM (
    SELECT
        game_date,
        player_lookup,
        points,
        minutes_played,
        list_filter([
            CASE WHEN least(
            points, assists, offensive_rebounds, defensive_rebounds, steals, blocks, turnovers, personal_fouls,
            paint_blocks, mid_range_blocks, three_pt_blocks, and1_count, assisted_fg_makes,
            unassisted_fg_makes, fg_attempts, fg_makes, three_pt_attempts, three_pt_makes, ft_attempts,
            ft_makes, paint_attempts, paint_makes, mid_range_attempts, mid_range_makes
            ) < 0 THEN 'below 0' END,
            CASE WHEN greatest(
            points, assists, offensive_rebounds, defensive_rebounds, steals, blocks, turnovers, personal_fouls,
            paint_blocks, mid_range_blocks, three_pt_blocks, and1_count, assisted_fg_makes,
            unassisted_fg_makes, fg_attempts, fg_makes, three_pt_attempts, three_pt_makes, ft_attempts,
            ft_makes, paint_attempts, paint_makes, mid_range_attempts, mid_range_makes
            ) > getvariable('max_points') THEN 'above ' || getvariable('max_points') END,
            CASE WHEN minutes_played NOT BETWEEN 0 AND getvariable('max_minutes') THEN 'minutes_played' END,
            CASE WHEN greatest(assisted_fg_makes, unassisted_fg_makes) > fg_makes THEN 'assisted above fg_makes' END,
            CASE WHEN fg_makes > fg_attempts THEN 'fg_makes above fg_attempts' END,
            CASE WHEN three_pt_makes > three_pt_attempts THEN 'three_pt_makes above three_pt_attempts' END,
            CASE WHEN ft_makes > ft_attempts THEN 'ft_makes above ft_attempts' END,
            CASE WHEN paint_makes > paint_attempts THEN 'paint_makes above paint_attempts' END,
            CASE WHEN mid_range_makes > mid_range_attempts THEN 'mid_range_makes above mid_range_attempts' END,
            CASE WHEN abs(paint_attempts + mid_range_attempts + three_pt_attempts - fg_attempts)
                > getvariable('zone_tolerance') THEN 'zones miss fg_attempts' END
        ], lambda problem: problem IS NOT NULL) AS problems
    FROM player_game_summary
)
WHERE len(problems) > 0
