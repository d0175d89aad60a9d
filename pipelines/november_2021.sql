/* Rows of November 2021 as the warehouse had them before its repairs (contract, machinery i.5), beside ours.
   uv run nba-local sql "$(cat pipelines/november_2021.sql)" */
WITH theirs(day, pdc, pcf, psza, tdza, mlfs) AS (
    VALUES
    (1, 0, 0, 0, 0, 0), (2, 0, 0, 0, 30, 0), (3, 0, 0, 0, 30, 0),
    (4, 0, 0, 0, 30, 0), (5, 36, 0, 36, 30, 0), (6, 23, 0, 59, 30, 0),
    (7, 81, 266, 110, 30, 0), (8, 93, 269, 159, 30, 0), (9, 41, 0, 169, 30, 0),
    (10, 186, 436, 213, 30, 450), (11, 46, 0, 218, 30, 0), (12, 177, 370, 239, 30, 385),
    (13, 118, 234, 252, 30, 244), (14, 125, 235, 260, 30, 243), (15, 202, 369, 272, 30, 389),
    (16, 54, 0, 272, 30, 0), (17, 207, 369, 280, 30, 382), (18, 110, 200, 280, 30, 200),
    (19, 177, 303, 289, 30, 314), (20, 181, 301, 294, 30, 312), (21, 95, 168, 294, 30, 0),
    (22, 207, 336, 303, 30, 346), (23, 75, 0, 303, 30, 0), (24, 276, 435, 313, 30, 450),
    (25, 0, 0, 313, 30, 0), (26, 253, 402, 316, 30, 418), (27, 171, 268, 322, 30, 289),
    (28, 107, 168, 322, 30, 169), (29, 196, 0, 325, 29, 0), (30, 105, 0, 325, 29, 0)
),

ours AS (
    SELECT CAST(date AS DATE) AS date, table_name, rows
    FROM ledger_partitions
    WHERE date BETWEEN '2021-11-01' AND '2021-11-30'
),

beside AS (
    SELECT
        theirs.day,
        any_value(theirs.pdc) || '/' || max(rows) FILTER (WHERE table_name = 'player_daily_cache') AS pdc,
        any_value(theirs.pcf) || '/' || max(rows) FILTER (WHERE table_name = 'player_composite_factors') AS pcf,
        any_value(theirs.psza) || '/' || max(rows) FILTER (WHERE table_name = 'player_shot_zone_analysis') AS psza,
        any_value(theirs.tdza) || '/' || max(rows) FILTER (WHERE table_name = 'team_defense_zone_analysis') AS tdza,
        any_value(theirs.mlfs) || '/' || max(rows) FILTER (WHERE table_name = 'ml_feature_store_v2') AS mlfs
    FROM ours
    INNER JOIN theirs ON theirs.day = day(ours.date)
    GROUP BY theirs.day
)

SELECT early.*, late.*
FROM beside AS early
INNER JOIN beside AS late ON late.day = early.day + 15
ORDER BY early.day
