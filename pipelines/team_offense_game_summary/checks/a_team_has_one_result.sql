-- A team has won or lost on a date, not both.
-- severity: warn
-- why: nobody plays twice a day; of rows that contradict each other none counts.
SELECT game_date, team_abbr, list_sort(list(DISTINCT game_id)) AS game_ids, count(*) AS results
FROM team_offense_game_summary
GROUP BY game_date, team_abbr
HAVING count(DISTINCT win_flag) > 1
