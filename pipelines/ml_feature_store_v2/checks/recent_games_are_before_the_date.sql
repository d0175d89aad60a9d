-- Points, trend, free throws and stand-in averages are those of the player's newest games before the date.
-- severity: block
-- why: production saw the game to be predicted in feature 0, took a rising player for a falling one (older minus newer,
--      three games against two), and let last season into the first weeks. So the box scores are read again: newest
--      first, copies once, unknown points as 0. Feature 0 of the cache counts games with minutes or points only, at one
--      decimal.
WITH opening AS (
    SELECT coalesce(min(game_date) FILTER (WHERE game_status = 3), min(game_date)) AS night
    FROM nbac_schedule
    WHERE is_regular_season
        AND is_all_star IS NOT TRUE
        AND game_date >= getvariable('season_start')
        AND game_date < getvariable('season_end')
),

games AS (
    SELECT
        box.player_lookup,
        box.game_date,
        box.points,
        coalesce(box.ft_makes, 0) AS free_throws,
        box.is_active AND (coalesce(box.minutes_played, 0) > 0 OR coalesce(box.points, 0) > 0) AS counts
    FROM player_game_summary AS box, opening
    WHERE box.game_date >= opening.night
        AND box.game_date < getvariable('season_end')
        AND box.team_abbr IN (
            'ATL', 'BOS', 'BKN', 'CHA', 'CHI', 'CLE', 'DAL', 'DEN', 'DET', 'GSW', 'HOU', 'IND', 'LAC', 'LAL', 'MEM',
            'MIA', 'MIL', 'MIN', 'NOP', 'NYK', 'OKC', 'ORL', 'PHI', 'PHX', 'POR', 'SAC', 'SAS', 'TOR', 'UTA', 'WAS'
        )
    QUALIFY row_number() OVER (
            PARTITION BY box.player_lookup, box.game_date
            ORDER BY box.processed_at DESC NULLS LAST, box.data_hash DESC NULLS LAST
        ) = 1
),

-- What was known before each game, so that a row is compared with the box score of its own date, which is not counted.
form AS (
    SELECT
        player_lookup,
        game_date,
        row_number() OVER season - 1 AS games,
        avg(coalesce(points, 0)) OVER (season ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING) AS points_2,
        avg(coalesce(points, 0)) OVER (season ROWS BETWEEN 5 PRECEDING AND 3 PRECEDING) AS points_3_before,
        avg(coalesce(points, 0)) OVER newest_5 AS points_5,
        avg(points) OVER newest_5 AS known_points_5, -- the cache leaves unknown points out
        bool_and(counts) OVER newest_5 AS all_count,
        avg(coalesce(points, 0)) OVER newest_10 AS points_10,
        sum(points) OVER newest_10 AS sum_10,
        sum(free_throws) OVER newest_10 AS free_throws_10,
        avg(points) OVER (season ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS points_all
    FROM games
    WINDOW season AS (PARTITION BY player_lookup ORDER BY game_date),
        newest_5 AS (PARTITION BY player_lookup ORDER BY game_date ROWS BETWEEN 5 PRECEDING AND 1 PRECEDING),
        newest_10 AS (PARTITION BY player_lookup ORDER BY game_date ROWS BETWEEN 10 PRECEDING AND 1 PRECEDING)
),

compared AS (
    SELECT
        staged.player_lookup,
        staged.game_date,
        staged.source_daily_cache_rows_found = 1 AS has_cache,
        staged.features[1] AS f_points_5,
        staged.features[2] AS f_points_10,
        staged.features[3] AS f_points_season,
        staged.features[12] AS f_trend,
        staged.features[22] AS f_free_throws,
        form.games,
        form.all_count,
        form.points_5,
        form.known_points_5,
        form.points_10,
        form.points_all,
        CASE
            WHEN form.games < 5 THEN 0
            WHEN form.points_2 - form.points_3_before >= 5 THEN 2
            WHEN form.points_2 - form.points_3_before >= 2 THEN 1
            WHEN form.points_2 - form.points_3_before <= -5 THEN -2
            WHEN form.points_2 - form.points_3_before <= -2 THEN -1
            ELSE 0
        END AS trend,
        CASE
            WHEN form.games >= 5 AND form.sum_10 > 0
                THEN greatest(0, least(0.5, form.free_throws_10 / form.sum_10))
            ELSE 0.15
        END AS free_throws
    FROM ml_feature_store_v2 AS staged
    INNER JOIN form ON form.player_lookup = staged.player_lookup AND form.game_date = staged.game_date
    WHERE getvariable('rules') = 'corrected'
)

SELECT *
FROM compared
WHERE f_trend <> trend
    OR abs(f_free_throws - free_throws) > 1e-9
    OR (has_cache AND all_count AND abs(f_points_5 - known_points_5) > 0.0501)
    OR (
        NOT has_cache
        AND (
            abs(f_points_5 - CASE WHEN games >= 5 THEN points_5 ELSE 10 END) > 1e-9
            OR abs(f_points_10 - coalesce(points_10, 10)) > 1e-9
            OR abs(f_points_season - coalesce(points_all, 10)) > 1e-9
        )
    )
