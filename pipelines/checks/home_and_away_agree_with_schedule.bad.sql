-- Home and away exchanged in the id of one game.
UPDATE {table}
SET game_id = split_part(game_id, '_', 1) || '_' || split_part(game_id, '_', 3) || '_' || split_part(game_id, '_', 2)
WHERE ({date}, {team}) = (
        SELECT min(({date}, {team})) FROM {table}
        WHERE {date} >= getvariable('season_start') AND contains(game_id, '_')
    )
