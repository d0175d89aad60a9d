-- One game more expected than the rest of the row admits.
UPDATE {table}
SET expected_games_count = expected_games_count + 1
WHERE ({date}, {entity}) = (SELECT max(({date}, {entity})) FROM {table})
