-- Everybody has won on the first date.
UPDATE team_offense_game_summary
SET win_flag = TRUE
WHERE game_date = (
        SELECT min(game_date) FROM team_offense_game_summary
        WHERE game_date >= getvariable('season_start')
    )
