-- Of copies of a row one is the newest: those with the same time and hash do not differ.
-- severity: warn
-- why: which of them counts would depend on the order in which they lie; the greatest by all columns is taken.
SELECT player_lookup, game_date, processed_at, data_hash, count(*) AS rows_that_differ
FROM (
    SELECT DISTINCT * FROM player_game_summary
    SEMI JOIN (SELECT player_lookup, game_date FROM player_game_summary GROUP BY ALL HAVING count(*) > 1) USING (player_lookup, game_date)
)
GROUP BY player_lookup, game_date, processed_at, data_hash
HAVING count(*) > 1
