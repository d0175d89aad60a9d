-- On every date, what the features read is known for {least} of the rows.
-- severity: warn
-- why: on 2025-12-06 minutes were NULL but for 0.5 % of the rows, zones, assists, usage, pace and lines everywhere, and
--      most features stood on their defaults without a word. Real dates know nearly all of it. Of play-in games no shots
--      are published; before a first week nobody has rested. Below half a date is CONTAMINATED, above it PARTIAL.
-- with: columns; too_few = = 0; least = some; rows = {table}; shots = ''; after_a_week = ''; lost
WITH by_date AS (
    SELECT {date}, count(COLUMNS([{columns}])) / count(*)
    FROM {rows}
    WHERE {date} >= getvariable('season_start')
        AND {date} < getvariable('season_end')
    GROUP BY {date}
)

SELECT
    {date},
    column_name,
    round(known, 4) AS share_of_rows,
    CASE WHEN known < 0.5 THEN 'CONTAMINATED' ELSE 'PARTIAL' END AS status
FROM (UNPIVOT by_date ON COLUMNS(* EXCLUDE {date}) INTO NAME column_name VALUE known)
WHERE known {too_few}
    AND NOT (
        column_name IN ({shots})
        AND {date} IN (SELECT game_date FROM nbac_schedule WHERE playoff_round = 'play_in')
    )
    AND NOT (column_name IN ({after_a_week}) AND {date} < (SELECT min({date}) FROM by_date) + 7)
