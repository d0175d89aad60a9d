-- Every sample one game longer, as with `game_date <= D`.
UPDATE {table}
SET {sample} = {sample} + 1
