-- On a date as many teams have won as have lost.
-- severity: warn
-- why: both teams of a game won, or none; the record of both (team_win_pct) cannot be right. Teams without the row of
--      their opponent are left out.
SELECT own.game_date, own.game_id, own.team_abbr, own.opponent_team_abbr, own.win_flag AS both_have_won
FROM team_offense_game_summary AS own
INNER JOIN team_offense_game_summary AS other
    ON other.game_date = own.game_date
    AND other.team_abbr = own.opponent_team_abbr
    AND other.opponent_team_abbr = own.team_abbr
    AND other.win_flag = own.win_flag
WHERE own.team_abbr < other.team_abbr
