-- No game of the league that is not final has box scores of both of its teams.
-- severity: block
-- why: box scores prove that a game was played, whatever the schedule says; a schedule reloaded with old statuses would
--      take months out of every feature. The features take such a game as played; one of the two sources is wrong.
WITH seen AS (
    SELECT 'player_game_summary' AS seen_in, game_date, team_abbr AS team, opponent_team_abbr AS opponent, game_id
    FROM player_game_summary
    WHERE minutes_played > 0 OR points > 0 OR fg_attempts > 0 OR ft_attempts > 0
    UNION ALL
    SELECT 'team_offense_game_summary', game_date, team_abbr, opponent_team_abbr, game_id
    FROM team_offense_game_summary
    UNION ALL
    SELECT 'team_defense_game_summary', game_date, defending_team_abbr, opponent_team_abbr, game_id
    FROM team_defense_game_summary
),

-- an id of another date, told by itself or by the schedule, is a copy and proves nothing
box_scores AS (
    SELECT DISTINCT seen.seen_in, seen.game_date, seen.team, seen.opponent
    FROM seen
    LEFT JOIN (SELECT DISTINCT game_id, game_date FROM nbac_schedule) AS scheduled ON scheduled.game_id = seen.game_id
    WHERE coalesce(
        CAST(try_strptime(CASE WHEN seen.game_id[9] = '_' THEN left(seen.game_id, 8) END, '%Y%m%d') AS DATE),
        scheduled.game_date,
        seen.game_date
    ) = seen.game_date
)

SELECT
    games.game_date,
    games.game_id,
    games.away_team_tricode,
    games.home_team_tricode,
    games.game_status,
    list_sort(list(DISTINCT home.seen_in)) AS box_scores_in
FROM nbac_schedule AS games
INNER JOIN box_scores AS home ON home.game_date = games.game_date AND home.team = games.home_team_tricode
INNER JOIN box_scores AS away
    ON away.game_date = games.game_date AND away.team = games.away_team_tricode AND away.seen_in = home.seen_in
WHERE games.game_status IS DISTINCT FROM 3
    AND (games.is_regular_season OR games.is_playoffs)
    AND games.is_all_star IS NOT TRUE
GROUP BY ALL
