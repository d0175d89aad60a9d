-- Games of two of the 30 teams that have box scores are of the league, but for two a day and one in twenty a season.
-- severity: block
-- why: a cup final or an All-Star game bears the codes of the league and is none of its games. A schedule in which many
--      are so has lost what says which games are of the league, and would take them out of every feature.
WITH box_scores AS (
    SELECT DISTINCT game_date, team_abbr AS team FROM player_game_summary
),

games AS (
    SELECT DISTINCT
        games.game_date,
        games.away_team_tricode,
        games.home_team_tricode,
        bool_or((games.is_regular_season OR games.is_playoffs) AND games.is_all_star IS NOT TRUE) AS is_of_the_league
    FROM nbac_schedule AS games
    INNER JOIN box_scores AS away ON away.game_date = games.game_date AND away.team = games.away_team_tricode
    INNER JOIN box_scores AS home ON home.game_date = games.game_date AND home.team = games.home_team_tricode
    WHERE games.game_date >= getvariable('season_start')
        AND games.game_date < getvariable('season_end')
        AND list_has_all(
            [
                'ATL', 'BOS', 'BKN', 'CHA', 'CHI', 'CLE', 'DAL', 'DEN', 'DET', 'GSW', 'HOU', 'IND', 'LAC', 'LAL', 'MEM',
                'MIA', 'MIL', 'MIN', 'NOP', 'NYK', 'OKC', 'ORL', 'PHI', 'PHX', 'POR', 'SAC', 'SAS', 'TOR', 'UTA', 'WAS'
            ],
            [games.away_team_tricode, games.home_team_tricode]
        )
    GROUP BY ALL
),

told AS (
    SELECT
        *,
        count(*) FILTER (WHERE is_of_the_league IS NOT TRUE) OVER (PARTITION BY game_date) AS others_of_the_date,
        count(*) FILTER (WHERE is_of_the_league IS NOT TRUE) OVER () AS others_of_the_season,
        count(*) OVER () AS games_of_the_season
    FROM games
)

SELECT game_date, away_team_tricode, home_team_tricode, others_of_the_date, others_of_the_season, games_of_the_season
FROM told
WHERE is_of_the_league IS NOT TRUE
    AND (others_of_the_date > 2 OR 20 * others_of_the_season > games_of_the_season)
