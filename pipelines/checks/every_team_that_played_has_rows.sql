-- On a date that has rows, every team with a final league game has some.
-- severity: warn
-- why: one team was absent on 2021-11-29 and -30; 29 of 30 was enough to stop everything that wanted 30. Dates without
--      any row are named by every_game_date_has_rows.
-- with: team = team_abbr
SELECT games.game_date AS {date}, games.team_abbr AS {team}, games.game_id AS schedule_game_id
FROM (
    SELECT DISTINCT game_date, game_id, unnest([home_team_tricode, away_team_tricode]) AS team_abbr
    FROM nbac_schedule
    WHERE game_status = 3
        AND home_team_score + away_team_score IS NOT NULL
        AND (is_regular_season OR is_playoffs)
        AND game_date >= getvariable('season_start')
        AND game_date < getvariable('season_end')
) AS games
SEMI JOIN {table} AS pulled ON pulled.{date} = games.game_date
ANTI JOIN {table} AS pulled
    ON pulled.{date} = games.game_date AND pulled.{team} = games.team_abbr
