-- Home and the order of teams in the game id (AWAY_HOME) are those of the schedule.
-- severity: warn
-- why: box scores come without a home flag and the order of the two teams was taken for it, so a tenth of the games had
--      ids HOME_AWAY, which join nothing, and home_game turned round. Home court is a feature. The schedule knows. (Ids
--      of the league, ten digits, are what the daily run writes.)
-- with: team = team_abbr; home = pulled.home_game
WITH sides AS (
    SELECT
        game_date,
        game_id,
        strftime(game_date, '%Y%m%d') || '_' || away_team_tricode || '_' || home_team_tricode AS away_home,
        home_team_tricode,
        unnest([home_team_tricode, away_team_tricode]) AS team_abbr
    FROM nbac_schedule
    WHERE (is_regular_season OR is_playoffs)
        AND game_date >= getvariable('season_start')
        AND game_date < getvariable('season_end')
)

SELECT DISTINCT
    pulled.{date},
    pulled.{team},
    pulled.game_id,
    sides.away_home,
    {home} AS home_game,
    sides.home_team_tricode = sides.team_abbr AS home_by_schedule
FROM {table} AS pulled
INNER JOIN sides ON sides.game_date = pulled.{date} AND sides.team_abbr = pulled.{team}
WHERE {home} <> (sides.home_team_tricode = sides.team_abbr)
    OR (contains(pulled.game_id, '_') AND pulled.game_id <> sides.away_home)
