-- Where two teams have box scores against each other, the schedule has a game of theirs.
-- severity: block
-- why: a game that vanishes from the schedule takes its date out of every feature and its box scores out of every
--      window; there it is due and missing. Dates with an exhibition are left out: its players may bear the codes of the
--      league.
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
),

-- one row per game id, of two teams, of which it is known whether it is of the league
games AS (
    SELECT *
    FROM (
        SELECT * FROM nbac_schedule
        QUALIFY game_id IS NULL OR row_number() OVER (
                PARTITION BY game_id ORDER BY processed_at DESC NULLS LAST, data_hash DESC NULLS LAST
            ) = 1
    )
    WHERE home_team_tricode <> away_team_tricode AND (is_regular_season OR is_playoffs OR is_all_star) IS NOT NULL
),

scheduled AS (
    SELECT game_date, unnest([home_team_tricode, away_team_tricode]) AS team,
        NOT (is_regular_season OR is_playoffs) OR is_all_star AS is_exhibition
    FROM games
),

opening AS (
    SELECT coalesce(
            min(game_date) FILTER (WHERE game_status = 3 AND is_regular_season),
            min(game_date) FILTER (WHERE is_regular_season),
            getvariable('season_start')
        ) AS night
    FROM nbac_schedule
)

SELECT box_scores.game_date, box_scores.team, box_scores.opponent, list_sort(list(box_scores.seen_in)) AS box_scores_in
FROM box_scores
INNER JOIN opening ON box_scores.game_date >= opening.night
SEMI JOIN box_scores AS other
    ON other.game_date = box_scores.game_date
    AND other.team = box_scores.opponent
    AND other.opponent = box_scores.team
    AND other.seen_in = box_scores.seen_in
ANTI JOIN scheduled
    ON scheduled.game_date = box_scores.game_date AND scheduled.team IN (box_scores.team, box_scores.opponent)
ANTI JOIN (
    SELECT game_date FROM scheduled
    WHERE is_exhibition AND NOT list_contains(
        [
            'ATL', 'BOS', 'BKN', 'CHA', 'CHI', 'CLE', 'DAL', 'DEN', 'DET', 'GSW', 'HOU', 'IND', 'LAC', 'LAL', 'MEM',
            'MIA', 'MIL', 'MIN', 'NOP', 'NYK', 'OKC', 'ORL', 'PHI', 'PHX', 'POR', 'SAC', 'SAS', 'TOR', 'UTA', 'WAS'
        ],
        team
    )
) AS exhibitions ON exhibitions.game_date = box_scores.game_date
WHERE box_scores.team < box_scores.opponent
GROUP BY ALL
