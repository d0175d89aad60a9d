-- A date has all 30 teams.
-- severity: warn
-- why: on 2021-11-29 and -30 one team was missing from its source, and everything that wanted all 30 wrote nothing.
WITH teams AS (
    SELECT unnest([
        'ATL', 'BOS', 'BKN', 'CHA', 'CHI', 'CLE', 'DAL', 'DEN', 'DET', 'GSW', 'HOU', 'IND', 'LAC', 'LAL', 'MEM',
        'MIA', 'MIL', 'MIN', 'NOP', 'NYK', 'OKC', 'ORL', 'PHI', 'PHX', 'POR', 'SAC', 'SAS', 'TOR', 'UTA', 'WAS'
    ]) AS team_abbr
)

SELECT days.analysis_date, 30 - count(*) AS teams_found, list(teams.team_abbr ORDER BY teams.team_abbr) AS missing
FROM (SELECT DISTINCT analysis_date FROM team_defense_zone_analysis) AS days
CROSS JOIN teams
LEFT JOIN team_defense_zone_analysis AS staged
    ON staged.analysis_date = days.analysis_date AND staged.team_abbr = teams.team_abbr
WHERE staged.team_abbr IS NULL
GROUP BY days.analysis_date
