-- A date on which everybody who did not play is a row of zeros.
UPDATE player_game_summary
SET points = 0,
    assists = 0,
    offensive_rebounds = 0,
    defensive_rebounds = 0,
    steals = 0,
    blocks = 0,
    turnovers = 0,
    personal_fouls = 0,
    paint_blocks = 0,
    mid_range_blocks = 0,
    three_pt_blocks = 0,
    and1_count = 0,
    assisted_fg_makes = 0,
    unassisted_fg_makes = 0,
    fg_attempts = 0,
    fg_makes = 0,
    three_pt_attempts = 0,
    three_pt_makes = 0,
    ft_attempts = 0,
    ft_makes = 0,
    paint_attempts = 0,
    paint_makes = 0,
    mid_range_attempts = 0,
    mid_range_makes = 0,
    minutes_played = NULL
WHERE (player_lookup, game_date) IN (
        SELECT (player_lookup, game_date) FROM player_game_summary
        WHERE game_date = (
                SELECT min(game_date) FROM player_game_summary
                WHERE game_date >= getvariable('season_start')
            )
        ORDER BY player_lookup
        LIMIT 12
    )
