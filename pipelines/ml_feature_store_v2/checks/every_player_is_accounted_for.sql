-- Whoever is listed for a date has a row or a recorded reason for having none.
-- severity: block
-- why: 64 % of the players of December 2021 had a row, and nobody could say who the others were. What is neither a row
--      nor a recorded non-row is unaccounted for. (That everybody who played has a row is asked for by
--      rows_are_who_played.)
WITH without_a_row AS (
    SELECT listed.game_date, count(DISTINCT listed.player_lookup) AS players
    FROM upcoming_player_game_context AS listed
    ANTI JOIN ml_feature_store_v2 AS staged
        ON staged.player_lookup = listed.player_lookup AND staged.game_date = listed.game_date
    WHERE listed.team_abbr IN (
            'ATL', 'BOS', 'BKN', 'CHA', 'CHI', 'CLE', 'DAL', 'DEN', 'DET', 'GSW', 'HOU', 'IND', 'LAC', 'LAL', 'MEM',
            'MIA', 'MIL', 'MIN', 'NOP', 'NYK', 'OKC', 'ORL', 'PHI', 'PHX', 'POR', 'SAC', 'SAS', 'TOR', 'UTA', 'WAS'
        )
    GROUP BY listed.game_date
)

SELECT
    dates.game_date,
    coalesce(without_a_row.players, 0) AS listed_without_a_row,
    dates.non_rows AS with_a_reason,
    listed_without_a_row - with_a_reason AS unaccounted
FROM dates
LEFT JOIN without_a_row ON without_a_row.game_date = dates.game_date
WHERE (dates.state = 'ok' OR (dates.state = 'upstream_missing' AND getvariable('rules') = 'corrected'))
    AND unaccounted <> 0
