-- The stamps of a window that reads `game_date <= D`, on every date that its entity played on.
UPDATE {table} AS staged
SET {stamp} = own.processed_at
FROM {games} AS own
WHERE own.{key} = staged.{entity} AND own.game_date = staged.{date}
