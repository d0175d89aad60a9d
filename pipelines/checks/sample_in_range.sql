-- A row rests on at least the minimum of games and on at most {games}.
-- severity: block
-- why: whoever is below the minimum has no row but a reason; more games are not the window in the columns' names, and a
--      short window cannot hold other games than the long one.
-- with: sample; games; columns = {sample}; wrong = FALSE
SELECT {entity}, {date}, {columns}
FROM {table}
WHERE {sample} IS NULL
    OR {sample} NOT BETWEEN least(getvariable('min_games'), {games}) AND {games}
    OR {wrong}
