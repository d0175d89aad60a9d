-- home_game and the game id are those of the schedule.
-- severity: warn
-- why: this table is built from the schedule, so a difference means that one of the two is out of date.
WITH sides AS (
    SELECT
        game_date,
        game_id,
        home_team_tricode,
        unnest([home_team_tricode, away_team_tricode]) AS team_abbr
    FROM nbac_schedule
    WHERE (is_regular_season OR is_playoffs)
        AND game_date >= getvariable('season_start')
        AND game_date < getvariable('season_end')
)

SELECT DISTINCT
    pulled.game_date,
    pulled.team_abbr,
    pulled.game_id,
    sides.game_id AS schedule_game_id,
    pulled.home_game,
    sides.home_team_tricode = sides.team_abbr AS home_by_schedule
FROM upcoming_team_game_context AS pulled
INNER JOIN sides ON sides.game_date = pulled.game_date AND sides.team_abbr = pulled.team_abbr
WHERE pulled.home_game <> (sides.home_team_tricode = sides.team_abbr)
    OR pulled.game_id <> sides.game_id
