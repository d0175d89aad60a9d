-- Of copies of a row one is the newest: those with the same time and hash do not differ.
-- severity: warn
-- why: which of them counts would depend on the order in which they lie; the greatest by all columns is taken.
SELECT min(game_date) AS game_date, game_id, processed_at, data_hash, count(*) AS rows_that_differ
FROM (
    SELECT DISTINCT * FROM nbac_schedule
    SEMI JOIN (SELECT game_id FROM nbac_schedule GROUP BY ALL HAVING count(*) > 1) USING (game_id)
)
GROUP BY game_id, processed_at, data_hash
HAVING count(*) > 1
