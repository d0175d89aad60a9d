-- Of copies of a row one is the newest: those with the same time and hash do not differ.
-- severity: warn
-- why: which of them counts would depend on the order in which they lie; the greatest by all columns is taken.
SELECT team_abbr, game_date, processed_at, data_hash, count(*) AS rows_that_differ
FROM (
    SELECT DISTINCT * FROM upcoming_team_game_context
    SEMI JOIN (SELECT team_abbr, game_date FROM upcoming_team_game_context GROUP BY ALL HAVING count(*) > 1) USING (team_abbr, game_date)
)
GROUP BY team_abbr, game_date, processed_at, data_hash
HAVING count(*) > 1
