-- The players of a team have all won or all lost on a date.
-- severity: warn
-- why: a team that did both has rows of another game or another team among its own.
SELECT game_date, team_abbr, list_sort(list(DISTINCT game_id)) AS game_ids, count(*) FILTER (WHERE win_flag) AS won,
    count(*) FILTER (WHERE NOT win_flag) AS lost
FROM player_game_summary
GROUP BY game_date, team_abbr
HAVING won > 0 AND lost > 0
