-- A game id stands on one date.
-- severity: warn
-- why: a game that was moved may be there under both dates; the newest row is taken, and nothing is due on the other.
SELECT game_date, game_id, processed_at, dates
FROM (
    SELECT *, list_sort(list(DISTINCT game_date) OVER (PARTITION BY game_id)) AS dates
    FROM nbac_schedule
)
WHERE len(dates) > 1
