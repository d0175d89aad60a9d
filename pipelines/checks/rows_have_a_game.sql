-- Every row is of a game of the league that its team played on the date, and its game id tells no other date.
-- severity: warn
-- why: a copy under the next date (UTC), an exhibition or a cup final would be one more game in every window; such rows
--      are counted nowhere.
-- with: team = team_abbr; evidence = any_value(pulled.opponent_team_abbr) AS opponent
WITH there AS (
    SELECT DISTINCT game_date, {team} AS team FROM {table}
),

-- final with a score, or box scores of both teams
played AS (
    SELECT games.game_date, unnest([games.home_team_tricode, games.away_team_tricode]) AS team
    FROM nbac_schedule AS games
    LEFT JOIN there AS home ON home.game_date = games.game_date AND home.team = games.home_team_tricode
    LEFT JOIN there AS away ON away.game_date = games.game_date AND away.team = games.away_team_tricode
    WHERE (games.is_regular_season OR games.is_playoffs)
        AND games.is_all_star IS NOT TRUE
        AND (
            (games.game_status = 3 AND games.home_team_score + games.away_team_score IS NOT NULL)
            OR (home.team IS NOT NULL AND away.team IS NOT NULL)
        )
),

scheduled AS (
    SELECT game_id, max(game_date) AS game_date FROM nbac_schedule GROUP BY game_id
),

-- an id that tells a date by itself is believed where the team has a game on that date
sides AS (
    SELECT DISTINCT game_date, unnest([home_team_tricode, away_team_tricode]) AS team FROM nbac_schedule
)

SELECT
    pulled.game_date,
    pulled.{team},
    pulled.game_id,
    count(*) AS stray_rows,
    {evidence}
FROM {table} AS pulled
LEFT JOIN scheduled ON scheduled.game_id = pulled.game_id
LEFT JOIN (SELECT DISTINCT * FROM played) AS played
    ON played.game_date = pulled.game_date AND played.team = pulled.{team}
LEFT JOIN sides AS told
    ON told.team = pulled.{team}
    AND told.game_date
    = CAST(try_strptime(CASE WHEN pulled.game_id[9] = '_' THEN left(pulled.game_id, 8) END, '%Y%m%d') AS DATE)
WHERE played.team IS NULL
    OR coalesce(scheduled.game_date, told.game_date, pulled.game_date) <> pulled.game_date
GROUP BY pulled.game_date, pulled.{team}, pulled.game_id
