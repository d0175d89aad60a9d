-- Both teams of every game are among the 30.
-- severity: warn
-- why: All-Star weekend and exhibition sides (PAY, BAR, IAH, WOR, DRT, LBN ...) are in the feed. No feature takes them;
--      a code outside the 30 in the regular season would be a spelling nobody knows, and a game lost.
SELECT game_date, game_id, away_team_tricode, home_team_tricode, is_regular_season, is_playoffs, is_all_star
FROM nbac_schedule
WHERE game_date >= make_date(getvariable('season'), 7, 1)
    AND game_date < make_date(getvariable('season') + 1, 7, 1)
    AND NOT list_has_all(
        [
            'ATL', 'BOS', 'BKN', 'CHA', 'CHI', 'CLE', 'DAL', 'DEN', 'DET', 'GSW', 'HOU', 'IND', 'LAC', 'LAL', 'MEM',
            'MIA', 'MIL', 'MIN', 'NOP', 'NYK', 'OKC', 'ORL', 'PHI', 'PHX', 'POR', 'SAC', 'SAS', 'TOR', 'UTA', 'WAS'
        ],
        [away_team_tricode, home_team_tricode]
    )
