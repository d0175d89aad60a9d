-- One team of the first date lost.
DELETE FROM {table}
WHERE ({date}, {team}) = (
        SELECT min(({date}, {team})) FROM {table}
        WHERE {date} >= getvariable('season_start')
    )
