-- Both teams of every game of the regular season and the playoffs are among the 30.
-- severity: block
-- why: a code that nobody knows in a game of the league is a spelling (BRK, PHO), and the game is lost to every feature
--      without an error: no team has it, so no row of it is missed.
SELECT game_date, game_id, away_team_tricode, home_team_tricode
FROM nbac_schedule
WHERE game_date >= getvariable('season_start')
    AND game_date < getvariable('season_end')
    AND (coalesce(is_regular_season, FALSE) OR coalesce(is_playoffs, FALSE))
    AND NOT coalesce(is_all_star, FALSE)
    AND NOT list_has_all(
        [
            'ATL', 'BOS', 'BKN', 'CHA', 'CHI', 'CLE', 'DAL', 'DEN', 'DET', 'GSW', 'HOU', 'IND', 'LAC', 'LAL', 'MEM',
            'MIA', 'MIL', 'MIN', 'NOP', 'NYK', 'OKC', 'ORL', 'PHI', 'PHX', 'POR', 'SAC', 'SAS', 'TOR', 'UTA', 'WAS'
        ],
        [coalesce(away_team_tricode, ''), coalesce(home_team_tricode, '')] -- NULL is nobody too
    )
