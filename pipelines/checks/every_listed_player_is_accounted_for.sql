-- Whoever was listed for a date, or played on it without being listed, has a row or a recorded reason for having none.
-- severity: block
-- why: nobody could say whether the third of the players that was absent in late 2021 had been left out on purpose. What
--      is neither a row nor a recorded non-row is unaccounted for. (Production records listed players only.)
WITH expected AS (
    SELECT game_date, count(DISTINCT player_lookup) AS players
    FROM (
        SELECT player_lookup, game_date, team_abbr
        FROM upcoming_player_game_context
        UNION ALL
        SELECT player_lookup, game_date, team_abbr
        FROM player_game_summary
        WHERE getvariable('rules') = 'corrected'
    )
    WHERE team_abbr IN (
            'ATL', 'BOS', 'BKN', 'CHA', 'CHI', 'CLE', 'DAL', 'DEN', 'DET', 'GSW', 'HOU', 'IND', 'LAC', 'LAL', 'MEM',
            'MIA', 'MIL', 'MIN', 'NOP', 'NYK', 'OKC', 'ORL', 'PHI', 'PHX', 'POR', 'SAC', 'SAS', 'TOR', 'UTA', 'WAS'
        )
    GROUP BY game_date
),

written AS (
    SELECT {date}, count(*) AS players
    FROM {table}
    GROUP BY {date}
)

SELECT
    dates.{date},
    coalesce(expected.players, 0) AS players_expected,
    coalesce(written.players, 0) AS with_a_row,
    dates.non_rows AS with_a_reason,
    players_expected - with_a_row - with_a_reason AS unaccounted
FROM dates
LEFT JOIN expected ON expected.game_date = dates.{date}
LEFT JOIN written ON written.{date} = dates.{date}
WHERE (
        dates.state IN ('ok', 'insufficient_history')
        OR (dates.state = 'upstream_missing' AND getvariable('rules') = 'corrected')
    )
    AND unaccounted <> 0
