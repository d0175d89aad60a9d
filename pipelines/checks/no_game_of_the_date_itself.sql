-- No row knows the game of its own date.
-- severity: block
-- why: production read `game_date <= D`, so the result to be predicted was among its own features. A window that holds
--      the game of D is stamped when that game was written, and no game before D carries that stamp. (The stamp of a
--      game played on D is later than noon UTC of D, breakfast in the east: a cheap test that spares most of the join.)
-- with: games; key = {entity}; stamp
SELECT staged.{entity}, staged.{date}, staged.{stamp}, own.processed_at AS own_game_written_at
FROM {table} AS staged
INNER JOIN {games} AS own ON own.{key} = staged.{entity} AND own.game_date = staged.{date}
WHERE getvariable('rules') = 'corrected'
    AND epoch(staged.{stamp}) > epoch(staged.{date}) + 12 * 3600
    AND staged.{stamp} >= own.processed_at
    AND NOT EXISTS (
        SELECT 1
        FROM {games} AS earlier
        WHERE earlier.{key} = staged.{entity}
            AND earlier.game_date < staged.{date}
            AND earlier.processed_at = staged.{stamp}
    )
