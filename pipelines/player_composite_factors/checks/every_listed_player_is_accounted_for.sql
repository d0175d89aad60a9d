-- Whoever was listed for a date, or played on it without being listed, has a row or a recorded reason for having none.
-- severity: block
-- why: 71 % of the dates of January 2022 had no context, and who lost his composites by that was recorded nowhere. What
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
    SELECT game_date, count(*) AS players
    FROM player_composite_factors
    GROUP BY game_date
)

SELECT
    dates.game_date,
    coalesce(expected.players, 0) AS players_expected,
    coalesce(written.players, 0) AS with_a_row,
    dates.non_rows AS with_a_reason,
    players_expected - with_a_row - with_a_reason AS unaccounted
FROM dates
LEFT JOIN expected ON expected.game_date = dates.game_date
LEFT JOIN written ON written.game_date = dates.game_date
WHERE (
        dates.state IN ('ok', 'insufficient_history')
        OR (dates.state = 'upstream_missing' AND getvariable('rules') = 'corrected')
    )
    AND unaccounted <> 0
