-- One player of a team that has won has lost.
UPDATE player_game_summary
SET win_flag = NOT win_flag
WHERE (game_date, player_lookup) = (SELECT min((game_date, player_lookup)) FROM player_game_summary)
