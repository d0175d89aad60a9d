-- On a date that is over, who has a row is who has a box score; before that, and in production ever, who is listed.
-- severity: block
-- why: rows were driven by the context, which lacked a third of the players of 2021 and lists many who never play: a
--      model trained on them learns from another universe than it predicts. (Every date before the last known one is
--      over, unless a game of it is in progress. Of such a date, and of a last one on which some games are final,
--      nothing is asked.)
WITH open_dates AS (
    SELECT
        game_date,
        bool_and(game_status IS NOT DISTINCT FROM 3) AS is_over,
        bool_or(game_status IS NOT DISTINCT FROM 3) AS has_begun
    FROM nbac_schedule
    WHERE (is_regular_season OR is_playoffs)
        AND is_all_star IS NOT TRUE
    GROUP BY game_date
    HAVING game_date = (SELECT max(dates.game_date) FROM dates) OR bool_or(game_status = 2)
),

universe AS (
    SELECT DISTINCT player_lookup, game_date
    FROM (
        SELECT player_lookup, game_date, team_abbr
        FROM player_game_summary
        WHERE getvariable('rules') = 'corrected'
            AND game_date NOT IN (SELECT open_dates.game_date FROM open_dates WHERE NOT open_dates.is_over)
        UNION ALL
        SELECT player_lookup, game_date, team_abbr
        FROM upcoming_player_game_context
        WHERE getvariable('rules') = 'production'
            OR game_date IN (SELECT open_dates.game_date FROM open_dates WHERE NOT open_dates.is_over)
    )
    WHERE team_abbr IN (
            'ATL', 'BOS', 'BKN', 'CHA', 'CHI', 'CLE', 'DAL', 'DEN', 'DET', 'GSW', 'HOU', 'IND', 'LAC', 'LAL', 'MEM',
            'MIA', 'MIL', 'MIN', 'NOP', 'NYK', 'OKC', 'ORL', 'PHI', 'PHX', 'POR', 'SAC', 'SAS', 'TOR', 'UTA', 'WAS'
        )
        AND (trim(player_lookup) <> '' OR getvariable('rules') = 'production') -- a row without a name counts nowhere
)

SELECT
    coalesce(staged.game_date, universe.game_date) AS game_date,
    coalesce(staged.player_lookup, universe.player_lookup) AS player_lookup,
    staged.player_lookup IS NOT NULL AS has_a_row,
    universe.player_lookup IS NOT NULL AS belongs
FROM ml_feature_store_v2 AS staged
FULL JOIN universe
    ON universe.player_lookup = staged.player_lookup AND universe.game_date = staged.game_date
WHERE (staged.player_lookup IS NULL OR universe.player_lookup IS NULL)
    AND coalesce(staged.game_date, universe.game_date) IN (SELECT dates.game_date FROM dates WHERE dates.state = 'ok')
    AND (
        getvariable('rules') = 'production'
        OR coalesce(staged.game_date, universe.game_date) NOT IN (
            SELECT open_dates.game_date FROM open_dates WHERE open_dates.has_begun AND NOT open_dates.is_over
        )
    )
