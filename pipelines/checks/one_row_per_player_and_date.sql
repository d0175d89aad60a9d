-- Nobody has two rows on one date.
-- severity: block
-- why: 34,728 copies of contexts and 165 of features had to be removed in December 2025; a retried load leaves copies,
--      and whoever joins on entity and date, or trains, counts them twice.
SELECT {entity}, {date}, count(*) AS copies
FROM {table}
GROUP BY {entity}, {date}
HAVING count(*) > 1
