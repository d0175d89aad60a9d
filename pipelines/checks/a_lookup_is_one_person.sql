-- A player lookup has one id.
-- severity: warn
-- why: two people under one lookup have their games mixed. An id owns the lookup on a date if more than three quarters
--      of its dates so far carry it; where two ids meet, or another comes, all rows of the lookup are set aside.
SELECT DISTINCT game_date, player_lookup, list_sort(list(DISTINCT universal_player_id) OVER so_far) AS ids
FROM (
    SELECT
        *,
        count(*) OVER (PARTITION BY player_lookup, universal_player_id ORDER BY game_date) AS own,
        count(*) OVER (PARTITION BY player_lookup ORDER BY game_date) AS known
    FROM (
        SELECT DISTINCT player_lookup, game_date, universal_player_id
        FROM {table}
        SEMI JOIN (
            SELECT player_lookup FROM {table}
            GROUP BY player_lookup HAVING count(DISTINCT universal_player_id) > 1
        ) USING (player_lookup)
        WHERE universal_player_id IS NOT NULL
    )
)
WINDOW so_far AS (PARTITION BY player_lookup ORDER BY game_date)
QUALIFY own * 4 <= known * 3
