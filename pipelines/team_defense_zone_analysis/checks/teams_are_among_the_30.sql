-- Every team is one of the 30.
-- severity: block
-- why: All-Star and exhibition sides (PAY, BAR, IAH, DRT, LBN ...) have been in the feed; nobody rates their defense.
SELECT team_abbr, analysis_date
FROM team_defense_zone_analysis
WHERE team_abbr NOT IN (
        'ATL', 'BOS', 'BKN', 'CHA', 'CHI', 'CLE', 'DAL', 'DEN', 'DET', 'GSW', 'HOU', 'IND', 'LAC', 'LAL', 'MEM',
        'MIA', 'MIL', 'MIN', 'NOP', 'NYK', 'OKC', 'ORL', 'PHI', 'PHX', 'POR', 'SAC', 'SAS', 'TOR', 'UTA', 'WAS'
    )
