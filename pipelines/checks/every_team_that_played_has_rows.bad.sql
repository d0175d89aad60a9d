-- One team of the first date lost.
DELETE FROM {table}
WHERE ({date}, {team}) = (
        SELECT min(({date}, {team})) FROM {table}
        WHERE {date} >= make_date(getvariable('season'), 7, 1)
    )
