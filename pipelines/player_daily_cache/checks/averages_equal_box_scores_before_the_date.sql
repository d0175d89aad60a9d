-- Games and points are those of the player's qualifying games before the date, each game once: newest 5, 10 and 82.
-- severity: block
-- why: production read `game_date <= D`, so the result to be predicted was in its own average (feature 0); a window
--      with copies or last season's games, or without a game, gives other means too. Means are stored at one decimal.
WITH opening AS (
    SELECT coalesce(min(game_date) FILTER (WHERE game_status = 3), min(game_date)) AS night
    FROM nbac_schedule
    WHERE is_regular_season
        AND is_all_star IS NOT TRUE
        AND game_date >= getvariable('season_start')
        AND game_date < getvariable('season_end')
),

-- Of copies the newest.
games AS (
    SELECT
        box.player_lookup,
        box.game_date,
        arg_max(
            {
                'points': box.points,
                'counts': box.is_active AND (coalesce(box.minutes_played, 0) > 0 OR coalesce(box.points, 0) > 0)
            },
            (coalesce(epoch(box.processed_at), 0), coalesce(box.data_hash, ''))
        ) AS game
    FROM player_game_summary AS box, opening
    WHERE box.game_date >= opening.night
        AND box.game_date < getvariable('season_end')
        AND box.team_abbr IN (
            'ATL', 'BOS', 'BKN', 'CHA', 'CHI', 'CLE', 'DAL', 'DEN', 'DET', 'GSW', 'HOU', 'IND', 'LAC', 'LAL', 'MEM',
            'MIA', 'MIL', 'MIN', 'NOP', 'NYK', 'OKC', 'ORL', 'PHI', 'PHX', 'POR', 'SAC', 'SAS', 'TOR', 'UTA', 'WAS'
        )
    GROUP BY box.player_lookup, box.game_date
),

form AS (
    SELECT
        player_lookup,
        game_date AS newest_game,
        lead(game_date, 1, DATE 'infinity') OVER season AS next_game,
        least(row_number() OVER season, 82) AS games_played,
        avg(game.points) OVER (season ROWS 4 PRECEDING) AS points_5,
        avg(game.points) OVER (season ROWS 9 PRECEDING) AS points_10,
        avg(game.points) OVER (season ROWS 81 PRECEDING) AS points_82
    FROM games
    WHERE game.counts
    WINDOW season AS (PARTITION BY player_lookup ORDER BY game_date)
)

-- A row of n games belongs to the nth game of the player if that is over and the next one is not.
SELECT
    staged.player_lookup,
    staged.cache_date,
    staged.games_played_season,
    form.newest_game,
    form.next_game,
    staged.points_avg_last_5,
    form.points_5,
    staged.points_avg_last_10,
    form.points_10,
    staged.points_avg_season,
    form.points_82
FROM player_daily_cache AS staged
LEFT JOIN form
    ON form.player_lookup = staged.player_lookup
    AND form.games_played = staged.games_played_season
    AND form.newest_game < staged.cache_date
    AND form.next_game >= staged.cache_date
WHERE getvariable('rules') = 'corrected'
    AND (
        (form.player_lookup IS NULL AND staged.games_played_season IS DISTINCT FROM 0)
        OR (staged.points_avg_last_5 IS NULL) <> (form.points_5 IS NULL)
        OR abs(staged.points_avg_last_5 - form.points_5) > 0.0501
        OR (staged.points_avg_last_10 IS NULL) <> (form.points_10 IS NULL)
        OR abs(staged.points_avg_last_10 - form.points_10) > 0.0501
        OR (staged.points_avg_season IS NULL) <> (form.points_82 IS NULL)
        OR abs(staged.points_avg_season - form.points_82) > 0.0501
    )
