-- A game is between two teams, of the league or not, and the only one of its id and of its teams on the date.
-- severity: block
-- why: a column loaded as NULL makes a season without a game, and no error; one id for two games leaves one of them; a
--      team in two places has box scores for one. All of it takes games out of every window.
WITH codes AS (
    SELECT unnest([
        'ATL', 'BOS', 'BKN', 'CHA', 'CHI', 'CLE', 'DAL', 'DEN', 'DET', 'GSW', 'HOU', 'IND', 'LAC', 'LAL', 'MEM',
        'MIA', 'MIL', 'MIN', 'NOP', 'NYK', 'OKC', 'ORL', 'PHI', 'PHX', 'POR', 'SAC', 'SAS', 'TOR', 'UTA', 'WAS'
    ]) AS team
),

games AS (
    SELECT
        game_date,
        game_id,
        away_team_tricode,
        home_team_tricode,
        least(away_team_tricode, home_team_tricode) || ' ' || greatest(away_team_tricode, home_team_tricode) AS pair,
        is_regular_season OR is_playoffs OR is_all_star AS is_told,
        (is_regular_season OR is_playoffs) AND is_all_star IS NOT TRUE AS is_of_the_league
    FROM nbac_schedule
    WHERE game_date >= getvariable('season_start')
        AND game_date < getvariable('season_end')
        AND away_team_tricode IN (FROM codes)
        AND home_team_tricode IN (FROM codes)
),

several AS (
    SELECT game_date, team
    FROM (
        SELECT game_date, pair, unnest([away_team_tricode, home_team_tricode]) AS team
        FROM games
        WHERE is_of_the_league AND away_team_tricode <> home_team_tricode
    )
    GROUP BY game_date, team
    HAVING count(DISTINCT pair) > 1
),

shared AS (
    SELECT game_id FROM games WHERE game_id IS NOT NULL GROUP BY game_id HAVING count(DISTINCT pair) > 1
)

SELECT *
FROM (
    SELECT
        game_date,
        game_id,
        away_team_tricode,
        home_team_tricode,
        list_filter([
            CASE WHEN is_told IS NULL THEN 'nobody says whether it is of the league' END,
            CASE WHEN away_team_tricode = home_team_tricode THEN 'one team twice' END,
            CASE WHEN is_of_the_league AND (game_date, away_team_tricode) IN (FROM several)
                THEN away_team_tricode || ' plays two games' END,
            CASE WHEN is_of_the_league AND (game_date, home_team_tricode) IN (FROM several)
                THEN home_team_tricode || ' plays two games' END,
            CASE WHEN game_id IN (FROM shared) THEN 'the id of another game' END
        ], lambda problem: problem IS NOT NULL) AS problems
    FROM games
)
WHERE len(problems) > 0
