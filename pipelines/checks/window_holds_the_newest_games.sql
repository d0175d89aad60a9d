-- The sample is the newest qualifying games before the date, each once, at most {games}.
-- severity: block
-- why: "15 games" were 15 rows of about four games when summaries were stored four times; a window that takes in the
--      game of the date itself, or last season's, counts one too many; one that lost a game counts one too few.
-- with: source; key = {entity}; team; plays = TRUE; sample; games
WITH opening AS (
    SELECT coalesce(min(game_date) FILTER (WHERE game_status = 3), min(game_date)) AS night
    FROM nbac_schedule
    WHERE is_regular_season
        AND is_all_star IS NOT TRUE
        AND game_date >= getvariable('season_start')
        AND game_date < getvariable('season_end')
),

-- The dates of qualifying games in order; the first {games} and one tell all windows apart. Of copies the newest.
games AS (
    SELECT {key}, list_sort(list(game_date))[:{games} + 1] AS dates
    FROM (
        SELECT box.{key}, box.game_date
        FROM {source} AS box, opening
        WHERE box.game_date >= opening.night
            AND box.game_date < getvariable('season_end')
            AND box.{team} IN (
                'ATL', 'BOS', 'BKN', 'CHA', 'CHI', 'CLE', 'DAL', 'DEN', 'DET', 'GSW', 'HOU', 'IND', 'LAC', 'LAL', 'MEM',
                'MIA', 'MIL', 'MIN', 'NOP', 'NYK', 'OKC', 'ORL', 'PHI', 'PHX', 'POR', 'SAC', 'SAS', 'TOR', 'UTA', 'WAS'
            )
        GROUP BY box.{key}, box.game_date
        HAVING arg_max({plays}, (coalesce(epoch(box.processed_at), 0), coalesce(box.data_hash, '')))
    )
    GROUP BY {key}
)

-- With n games in the sample the nth is over, and the next one is not unless the window is full.
SELECT
    staged.{entity},
    staged.{date},
    staged.{sample},
    games.dates[staged.{sample}] AS nth_game,
    games.dates[staged.{sample} + 1] AS game_after_it
FROM {table} AS staged
LEFT JOIN games ON games.{key} = staged.{entity}
WHERE getvariable('rules') = 'corrected'
    AND (
        nth_game IS NULL
        OR nth_game >= staged.{date}
        OR (staged.{sample} < {games} AND game_after_it < staged.{date})
    )
