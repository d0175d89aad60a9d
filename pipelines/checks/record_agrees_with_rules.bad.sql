-- A row of the other rule set.
UPDATE {table}
SET {version} = CASE WHEN ends_with({version}, '+corrected') THEN {value} ELSE {value} || '+corrected' END
WHERE ({date}, {entity}) = (SELECT max(({date}, {entity})) FROM {table})
