-- The sample is the player's newest qualifying games before the date, each once, at most 20.
-- severity: block
-- why: a window that takes in the game of the date itself, copies of a game, or last season counts one too many; one
--      that lost a game counts one too few.
WITH opening AS (
    SELECT coalesce(min(game_date) FILTER (WHERE game_status = 3), min(game_date)) AS night
    FROM nbac_schedule
    WHERE is_regular_season
        AND is_all_star IS NOT TRUE
        AND game_date >= make_date(getvariable('season'), 7, 1)
        AND game_date < make_date(getvariable('season') + 1, 7, 1)
),

-- The dates of each player's qualifying games in order; the first 21 tell all windows apart. Of copies the newest.
games AS (
    SELECT player_lookup, list_sort(list(game_date))[:21] AS dates
    FROM (
        SELECT box.player_lookup, box.game_date
        FROM player_game_summary AS box, opening
        WHERE box.game_date >= opening.night
            AND box.game_date < make_date(getvariable('season') + 1, 7, 1)
            AND box.team_abbr IN (
                'ATL', 'BOS', 'BKN', 'CHA', 'CHI', 'CLE', 'DAL', 'DEN', 'DET', 'GSW', 'HOU', 'IND', 'LAC', 'LAL', 'MEM',
                'MIA', 'MIL', 'MIN', 'NOP', 'NYK', 'OKC', 'ORL', 'PHI', 'PHX', 'POR', 'SAC', 'SAS', 'TOR', 'UTA', 'WAS'
            )
        GROUP BY box.player_lookup, box.game_date
        HAVING arg_max(
                box.is_active AND (coalesce(box.minutes_played, 0) > 0 OR coalesce(box.fg_attempts, 0) > 0),
                (coalesce(epoch(box.processed_at), 0), coalesce(box.data_hash, ''))
            )
    )
    GROUP BY player_lookup
)

-- With n games in the sample the nth is over, and the next one is not unless the window is full.
SELECT
    staged.player_lookup,
    staged.analysis_date,
    staged.games_in_sample_20,
    games.dates[staged.games_in_sample_20] AS nth_game,
    games.dates[staged.games_in_sample_20 + 1] AS game_after_it
FROM player_shot_zone_analysis AS staged
LEFT JOIN games ON games.player_lookup = staged.player_lookup
WHERE getvariable('rules') = 'corrected'
    AND (
        nth_game IS NULL
        OR nth_game >= staged.analysis_date
        OR (staged.games_in_sample_20 < 20 AND game_after_it < staged.analysis_date)
    )
