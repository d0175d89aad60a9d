-- On a date at most two players, or a twentieth of them, have no minutes and nothing but zeros.
-- severity: block
-- why: in January 2026 everybody who did not play was a row of zeros. A real appearance of seconds occurs on one date in
--      fifteen; a flood of them is left out of every window.
WITH told AS (
    SELECT
        game_date,
        player_lookup,
        coalesce(least(
            points, assists, offensive_rebounds, defensive_rebounds, steals, blocks, turnovers, personal_fouls,
            paint_blocks, mid_range_blocks, three_pt_blocks, and1_count, assisted_fg_makes,
            unassisted_fg_makes, fg_attempts, fg_makes, three_pt_attempts, three_pt_makes, ft_attempts,
            ft_makes, paint_attempts, paint_makes, mid_range_attempts, mid_range_makes, minutes_played
        ), 0) = 0
        AND coalesce(greatest(
            points, assists, offensive_rebounds, defensive_rebounds, steals, blocks, turnovers, personal_fouls,
            paint_blocks, mid_range_blocks, three_pt_blocks, and1_count, assisted_fg_makes,
            unassisted_fg_makes, fg_attempts, fg_makes, three_pt_attempts, three_pt_makes, ft_attempts,
            ft_makes, paint_attempts, paint_makes, mid_range_attempts, mid_range_makes, minutes_played
        ), 0) = 0 AS is_blank,
        minutes_played IS NOT NULL AS is_timed
    FROM player_game_summary
)

SELECT
    game_date,
    count(DISTINCT player_lookup) FILTER (WHERE is_blank) AS blank_players,
    count(DISTINCT player_lookup) AS players,
    list_sort(list(DISTINCT player_lookup) FILTER (WHERE is_blank))[:5] AS some_of_them
FROM told
GROUP BY game_date
HAVING blank_players >= getvariable('blank_rows')
    AND blank_players * 100 > getvariable('blank_percent') * players
    -- where most of the other players have no minutes either, the table does not know them
    AND 2 * count(DISTINCT player_lookup) FILTER (WHERE is_timed AND NOT is_blank)
    >= count(DISTINCT player_lookup) FILTER (WHERE NOT is_blank)
