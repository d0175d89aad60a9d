-- The flag turned round; where it is unknown by rule, filled.
UPDATE {table}
SET early_season_flag = NOT coalesce(early_season_flag, FALSE)
WHERE ({date}, {entity}) = (SELECT max(({date}, {entity})) FROM {table})
