-- Both teams of every game outside the league's seasons are among the 30.
-- severity: warn
-- why: All-Star weekend and exhibition sides (PAY, BAR, IAH, WOR, DRT, LBN ...) are in the feed. No feature takes them;
--      coverage counts their dates apart. (In a game of the league such a code blocks: league_games_are_between_the_30.)
SELECT game_date, game_id, away_team_tricode, home_team_tricode, is_regular_season, is_playoffs, is_all_star
FROM nbac_schedule
WHERE game_date >= getvariable('season_start')
    AND game_date < getvariable('season_end')
    AND NOT list_has_all(
        [
            'ATL', 'BOS', 'BKN', 'CHA', 'CHI', 'CLE', 'DAL', 'DEN', 'DET', 'GSW', 'HOU', 'IND', 'LAC', 'LAL', 'MEM',
            'MIA', 'MIL', 'MIN', 'NOP', 'NYK', 'OKC', 'ORL', 'PHI', 'PHX', 'POR', 'SAC', 'SAS', 'TOR', 'UTA', 'WAS'
        ],
        [away_team_tricode, home_team_tricode]
    )
    AND (coalesce(is_all_star, FALSE) OR NOT (coalesce(is_regular_season, FALSE) OR coalesce(is_playoffs, FALSE)))
