-- team_defense_zone_analysis, said once more in plain SQL: what a defense conceded per zone over its newest 15 games.
-- Rule set `corrected`; I3, T2, ... are the numbers of its definitions. Shares no code with build(): it is there to
-- disagree.
-- Reads: nbac_schedule, team_defense_game_summary, as pulled.
-- Variables: season, min_games, bootstrap_days, readiness_threshold, today (DATE or NULL).
WITH schedule_teams AS (
    SELECT home AS team, game_date, is_played FROM league
    UNION ALL
    SELECT away AS team, game_date, is_played FROM league
),

-- T2, N2: the window that ends with each game. Sums of integers and decimals are exact. Strictly before D the newest
-- window is the one whose last game is older than D while the team's next is not: `next_date` is part of it.
team_windows AS (
    SELECT
        team,
        game_date,
        lead(game_date, 1, DATE 'infinity') OVER (PARTITION BY team ORDER BY game_date) AS next_date,
        row_number() OVER (PARTITION BY team ORDER BY game_date) AS games_so_far,
        count(*) OVER newest_15 AS n,
        sum(points_in_paint_allowed) OVER newest_15 / count(points_in_paint_allowed) OVER newest_15 AS paint_points,
        sum(points_allowed) OVER newest_15 / count(points_allowed) OVER newest_15 AS points,
        CAST(sum(defensive_rating) OVER newest_15 AS DOUBLE) / count(defensive_rating) OVER newest_15 AS rating,
        CAST(sum(opponent_pace) OVER newest_15 AS DOUBLE) / count(opponent_pace) OVER newest_15 AS pace,
        max(processed_at) OVER newest_15 AS last_updated, -- S1
        list(coalesce(data_hash, 'NULL')) OVER newest_15 AS hashes -- oldest first
    FROM defense
    WHERE team IN (SELECT team FROM schedule_teams)
    WINDOW newest_15 AS (PARTITION BY team ORDER BY game_date ROWS BETWEEN 14 PRECEDING AND CURRENT ROW)
),

-- One row per game and zone; attempts and makes count only as a pair (T2). `place` is the fixed order of the zones.
zone_games AS (
    SELECT
        defense.team,
        defense.game_date,
        zone.place,
        CASE WHEN zone.makes IS NOT NULL THEN zone.attempts END AS attempts,
        CASE WHEN zone.attempts IS NOT NULL THEN zone.makes END AS makes,
        zone.blocks
    FROM defense, LATERAL (
        VALUES
            (1, defense.opp_paint_attempts, defense.opp_paint_makes, defense.blocks_paint),
            (2, defense.opp_mid_range_attempts, defense.opp_mid_range_makes, defense.blocks_mid_range),
            (3, defense.opp_three_pt_attempts, defense.opp_three_pt_makes, defense.blocks_three_pt)
    ) AS zone(place, attempts, makes, blocks)
),

zone_windows AS (
    SELECT
        team,
        game_date,
        place,
        sum(makes) OVER newest_15 / nullif(sum(attempts) OVER newest_15, 0) AS pct,
        sum(attempts) OVER newest_15 / count(attempts) OVER newest_15 AS attempts_per_game,
        sum(blocks) OVER newest_15 / count(blocks) OVER newest_15 AS blocks_per_game
    FROM zone_games
    WINDOW newest_15 AS (PARTITION BY team, place ORDER BY game_date ROWS BETWEEN 14 PRECEDING AND CURRENT ROW)
),

-- T3: accuracy conceded by each team in the 30 days before D, where it has 10 games with a known pair.
month_of_team AS (
    SELECT
        calendar.game_date AS analysis_date,
        games.place,
        games.team,
        sum(games.makes) / sum(games.attempts) AS fraction
    FROM calendar
    INNER JOIN zone_games AS games
        ON games.game_date >= calendar.game_date - 30 AND games.game_date < calendar.game_date
    GROUP BY ALL
    HAVING count(games.attempts) >= 10 AND sum(games.attempts) > 0
),

-- T3: the mean over teams, the constant where fewer than 10 qualify. The sum must be the correctly rounded one
-- (math.fsum): a fraction from 1/64 up, times 2^58, is an integer, and 30 of them fit into 63 bits.
league_average AS (
    SELECT
        calendar.game_date AS analysis_date,
        zone.place,
        zone.label,
        CASE WHEN count(month.fraction) >= 10
            THEN CAST(CAST(sum(CAST(month.fraction * pow(2, 58) AS BIGINT)) AS BIGINT) AS DOUBLE) / pow(2, 58)
                / count(month.fraction)
            ELSE zone.constant
        END AS fraction
    FROM calendar
    CROSS JOIN (
        VALUES (1, 'paint', 0.58::DOUBLE), (2, 'mid_range', 0.41::DOUBLE), (3, 'perimeter', 0.355::DOUBLE)
    ) AS zone(place, label, constant)
    LEFT JOIN month_of_team AS month
        ON month.analysis_date = calendar.game_date AND month.place = zone.place
    GROUP BY calendar.game_date, zone.place, zone.label, zone.constant
),

-- T1, W2: each team of the season with enough games before D, whether it plays on D or not.
rows_due AS (
    SELECT calendar.game_date AS analysis_date, windows.*
    FROM calendar
    INNER JOIN team_windows AS windows
        ON calendar.game_date > windows.game_date AND calendar.game_date <= windows.next_date
    WHERE windows.games_so_far >= getvariable('min_games')
),

zones AS (
    SELECT
        due.analysis_date,
        due.team,
        league_average.place,
        league_average.label,
        windows.pct,
        windows.attempts_per_game,
        windows.blocks_per_game,
        (windows.pct - league_average.fraction) * 100 AS vs_league
    FROM rows_due AS due
    INNER JOIN zone_windows AS windows ON windows.team = due.team AND windows.game_date = due.game_date
    INNER JOIN league_average
        ON league_average.analysis_date = due.analysis_date AND league_average.place = windows.place
),

-- Unrounded values decide; on a tie the first zone in order.
extremes AS (
    SELECT
        analysis_date,
        team,
        first(label ORDER BY vs_league, place) FILTER (WHERE vs_league IS NOT NULL) AS strongest,
        first(label ORDER BY vs_league DESC, place) FILTER (WHERE vs_league IS NOT NULL) AS weakest
    FROM zones
    GROUP BY analysis_date, team
),

-- C1: dates of final league games of the team since opening night, and whether the box score of each is there.
due_dates AS (
    SELECT DISTINCT dates.team, dates.game_date, defense.team IS NOT NULL AS found
    FROM dates_due AS dates
    LEFT JOIN defense ON defense.team = dates.team AND defense.game_date = dates.game_date
),

-- C4: the newest 15 of them, ending with each.
due_windows AS (
    SELECT
        team,
        game_date,
        lead(game_date, 1, DATE 'infinity') OVER (PARTITION BY team ORDER BY game_date) AS next_date,
        count(*) OVER newest_15 AS expected,
        count(*) FILTER (WHERE found) OVER newest_15 AS actual
    FROM due_dates
    WINDOW newest_15 AS (PARTITION BY team ORDER BY game_date ROWS BETWEEN 14 PRECEDING AND CURRENT ROW)
),

completeness AS (
    SELECT
        calendar.game_date AS analysis_date,
        due.team,
        due.expected,
        due.actual,
        due.actual / due.expected * 100 AS percentage
    FROM calendar
    INNER JOIN due_windows AS due
        ON calendar.game_date > due.game_date AND calendar.game_date <= due.next_date
),

-- All values as doubles, before storage rounding, under the names they are stored and hashed by.
unrounded AS (
    SELECT
        due.team AS team_abbr,
        due.analysis_date,
        paint.pct AS paint_pct_allowed_last_15,
        paint.attempts_per_game AS paint_attempts_allowed_per_game,
        due.paint_points AS paint_points_allowed_per_game,
        paint.blocks_per_game AS paint_blocks_per_game,
        paint.vs_league AS paint_defense_vs_league_avg,
        mid.pct AS mid_range_pct_allowed_last_15,
        mid.attempts_per_game AS mid_range_attempts_allowed_per_game,
        mid.blocks_per_game AS mid_range_blocks_per_game,
        mid.vs_league AS mid_range_defense_vs_league_avg,
        three.pct AS three_pt_pct_allowed_last_15,
        three.attempts_per_game AS three_pt_attempts_allowed_per_game,
        three.blocks_per_game AS three_pt_blocks_per_game,
        three.vs_league AS three_pt_defense_vs_league_avg,
        due.rating AS defensive_rating_last_15,
        due.points AS opponent_points_per_game,
        due.pace AS opponent_pace,
        due.n AS games_in_sample,
        extremes.strongest AS strongest_zone,
        extremes.weakest AS weakest_zone,
        CASE WHEN due.n >= 15 THEN 'high' WHEN due.n >= 10 THEN 'medium' ELSE 'low' END AS data_quality_tier, -- T4
        nullif(concat_ws(
            '; ',
            CASE WHEN paint.pct IS NULL THEN 'No paint attempts' END,
            CASE WHEN mid.pct IS NULL THEN 'No mid-range attempts' END,
            CASE WHEN three.pct IS NULL THEN 'No three-point attempts' END
        ), '') AS calculation_notes, -- T4
        due.last_updated,
        due.hashes,
        coalesce(completeness.expected, 0) AS expected, -- C2: expected 0 leaves the percentage unknown ...
        coalesce(completeness.actual, 0) AS actual,
        completeness.percentage,
        coalesce(completeness.percentage >= getvariable('readiness_threshold'), FALSE) AS ready -- ... and not ready
    FROM rows_due AS due
    INNER JOIN extremes ON extremes.team = due.team AND extremes.analysis_date = due.analysis_date
    LEFT JOIN completeness ON completeness.team = due.team AND completeness.analysis_date = due.analysis_date
    INNER JOIN zones AS paint
        ON paint.team = due.team AND paint.analysis_date = due.analysis_date AND paint.place = 1
    INNER JOIN zones AS mid
        ON mid.team = due.team AND mid.analysis_date = due.analysis_date AND mid.place = 2
    INNER JOIN zones AS three
        ON three.team = due.team AND three.analysis_date = due.analysis_date AND three.place = 3
),

-- N4: field:text of 23 fields in alphabetical order. DuckDB prints a double as Python's repr does.
hashed AS (
    SELECT
        *,
        left(sha256(concat_ws(
            '|',
            'analysis_date:' || analysis_date,
            'calculation_notes:' || coalesce(calculation_notes, 'NULL'),
            'data_quality_tier:' || data_quality_tier,
            'defensive_rating_last_15:' || coalesce(CAST(defensive_rating_last_15 AS VARCHAR), 'NULL'),
            'games_in_sample:' || games_in_sample,
            'mid_range_attempts_allowed_per_game:'
            || coalesce(CAST(mid_range_attempts_allowed_per_game AS VARCHAR), 'NULL'),
            'mid_range_blocks_per_game:' || coalesce(CAST(mid_range_blocks_per_game AS VARCHAR), 'NULL'),
            'mid_range_defense_vs_league_avg:' || coalesce(CAST(mid_range_defense_vs_league_avg AS VARCHAR), 'NULL'),
            'mid_range_pct_allowed_last_15:' || coalesce(CAST(mid_range_pct_allowed_last_15 AS VARCHAR), 'NULL'),
            'opponent_pace:' || coalesce(CAST(opponent_pace AS VARCHAR), 'NULL'),
            'opponent_points_per_game:' || coalesce(CAST(opponent_points_per_game AS VARCHAR), 'NULL'),
            'paint_attempts_allowed_per_game:' || coalesce(CAST(paint_attempts_allowed_per_game AS VARCHAR), 'NULL'),
            'paint_blocks_per_game:' || coalesce(CAST(paint_blocks_per_game AS VARCHAR), 'NULL'),
            'paint_defense_vs_league_avg:' || coalesce(CAST(paint_defense_vs_league_avg AS VARCHAR), 'NULL'),
            'paint_pct_allowed_last_15:' || coalesce(CAST(paint_pct_allowed_last_15 AS VARCHAR), 'NULL'),
            'paint_points_allowed_per_game:' || coalesce(CAST(paint_points_allowed_per_game AS VARCHAR), 'NULL'),
            'strongest_zone:' || coalesce(strongest_zone, 'NULL'),
            'team_abbr:' || team_abbr,
            'three_pt_attempts_allowed_per_game:'
            || coalesce(CAST(three_pt_attempts_allowed_per_game AS VARCHAR), 'NULL'),
            'three_pt_blocks_per_game:' || coalesce(CAST(three_pt_blocks_per_game AS VARCHAR), 'NULL'),
            'three_pt_defense_vs_league_avg:' || coalesce(CAST(three_pt_defense_vs_league_avg AS VARCHAR), 'NULL'),
            'three_pt_pct_allowed_last_15:' || coalesce(CAST(three_pt_pct_allowed_last_15 AS VARCHAR), 'NULL'),
            'weakest_zone:' || coalesce(weakest_zone, 'NULL')
        )), 16) AS data_hash
    FROM unrounded
)

-- Storage: the shortest decimal text of a double, cast to NUMERIC, rounds half away from zero.
SELECT
    team_abbr,
    analysis_date,
    CAST(CAST(paint_pct_allowed_last_15 AS VARCHAR) AS DECIMAL(5, 3)) AS paint_pct_allowed_last_15,
    CAST(CAST(paint_attempts_allowed_per_game AS VARCHAR) AS DECIMAL(5, 1)) AS paint_attempts_allowed_per_game,
    CAST(CAST(paint_points_allowed_per_game AS VARCHAR) AS DECIMAL(5, 1)) AS paint_points_allowed_per_game,
    CAST(CAST(paint_blocks_per_game AS VARCHAR) AS DECIMAL(4, 1)) AS paint_blocks_per_game,
    CAST(CAST(paint_defense_vs_league_avg AS VARCHAR) AS DECIMAL(5, 2)) AS paint_defense_vs_league_avg,
    CAST(CAST(mid_range_pct_allowed_last_15 AS VARCHAR) AS DECIMAL(5, 3)) AS mid_range_pct_allowed_last_15,
    CAST(CAST(mid_range_attempts_allowed_per_game AS VARCHAR) AS DECIMAL(5, 1)) AS mid_range_attempts_allowed_per_game,
    CAST(CAST(mid_range_blocks_per_game AS VARCHAR) AS DECIMAL(4, 1)) AS mid_range_blocks_per_game,
    CAST(CAST(mid_range_defense_vs_league_avg AS VARCHAR) AS DECIMAL(5, 2)) AS mid_range_defense_vs_league_avg,
    CAST(CAST(three_pt_pct_allowed_last_15 AS VARCHAR) AS DECIMAL(5, 3)) AS three_pt_pct_allowed_last_15,
    CAST(CAST(three_pt_attempts_allowed_per_game AS VARCHAR) AS DECIMAL(5, 1)) AS three_pt_attempts_allowed_per_game,
    CAST(CAST(three_pt_blocks_per_game AS VARCHAR) AS DECIMAL(4, 1)) AS three_pt_blocks_per_game,
    CAST(CAST(three_pt_defense_vs_league_avg AS VARCHAR) AS DECIMAL(5, 2)) AS three_pt_defense_vs_league_avg,
    CAST(CAST(defensive_rating_last_15 AS VARCHAR) AS DECIMAL(6, 2)) AS defensive_rating_last_15,
    CAST(CAST(opponent_points_per_game AS VARCHAR) AS DECIMAL(5, 1)) AS opponent_points_per_game,
    CAST(CAST(opponent_pace AS VARCHAR) AS DECIMAL(5, 1)) AS opponent_pace,
    games_in_sample,
    strongest_zone,
    weakest_zone,
    data_quality_tier,
    calculation_notes,
    last_updated AS source_team_defense_last_updated,
    games_in_sample AS source_team_defense_rows_found, -- S1: the window
    CAST(CAST(percentage AS VARCHAR) AS DECIMAL(5, 2)) AS source_team_defense_completeness_pct, -- S3
    left(sha256(array_to_string(list_reverse(hashes), '|')), 16) AS source_team_defense_hash, -- S3: newest first
    data_hash,
    games_in_sample < 15 AS early_season_flag, -- E1
    CASE WHEN games_in_sample < 15
        THEN 'Only ' || games_in_sample || ' games available, need 15'
    END AS insufficient_data_reason,
    expected AS expected_games_count,
    actual AS actual_games_count,
    round(percentage, 1) AS completeness_percentage, -- C2: no n/15 or less has a tie at one decimal
    expected - actual AS missing_games_count,
    ready AS is_production_ready,
    CASE
        WHEN ready THEN CAST([] AS VARCHAR[])
        WHEN expected = 0 THEN ['no_games_expected']
        ELSE ['own_data_incomplete']
    END AS data_quality_issues, -- C7
    CASE WHEN FALSE THEN last_updated END AS last_reprocess_attempt_at, -- C8: NULL, of the raw timestamps' type
    CAST(0 AS BIGINT) AS reprocess_attempt_count,
    FALSE AS circuit_breaker_active,
    CASE WHEN FALSE THEN last_updated END AS circuit_breaker_until,
    FALSE AS manual_override_required,
    month(analysis_date) IN (4, 10, 11) AS season_boundary_detected, -- W3
    FALSE AS backfill_bootstrap_mode, -- W3: TRUE only on forced rows, which are not said here
    'processed_successfully' AS processing_decision_reason
FROM hashed
ORDER BY analysis_date, team_abbr
