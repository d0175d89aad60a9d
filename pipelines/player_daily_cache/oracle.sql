-- player_daily_cache, said once more in plain SQL: a listed player's form, their team's pace and their recent load.
-- Rule set `corrected`; I3, D2, ... are the numbers of its definitions. Shares no code with build(): it is there to
-- disagree.
-- Reads: nbac_schedule, player_game_summary, team_offense_game_summary, upcoming_player_game_context, as pulled;
-- player_shot_zone_analysis, as published (N3: its stored values).
-- Shared views (codes, league, calendar, box, ...): pipelines/oracle.sql.
-- Variables: season, min_games, bootstrap_days, readiness_threshold, today (DATE or NULL).
-- pyround(x, d): Python's round(), the decimal nearest to the double itself, an exact tie to the even digit. DuckDB's
-- round_even(x, d) is that function, sign of zero included; its round(x, d) is not (3.15625 gives 3.1563).
--
-- W2: the games that qualify.
WITH played AS (
    SELECT
        *,
        CASE WHEN fg_makes IS NOT NULL THEN assisted_fg_makes END AS assisted, -- D2: a pair counts or does not
        CASE WHEN assisted_fg_makes IS NOT NULL THEN fg_makes END AS makes
    FROM box
    WHERE is_active AND (minutes_played > 0 OR points > 0)
),

-- N2: the windows that end with each game: exact sums, as doubles, over the number of known values. Strictly before D
-- the newest is the one whose last game is older than D while the player's next is not: `next_date` is part of it.
-- The sample variance is one division of integers, n * sum(x^2) - sum(x)^2 by n * (n - 1). Its root never lies on a tie
-- at four places (2^10 would have to divide n * (n - 1)) nor within 1e-12 of one, so its last bits do not matter.
form AS (
    SELECT
        player,
        game_date,
        lead(game_date, 1, DATE 'infinity') OVER (PARTITION BY player ORDER BY game_date) AS next_date,
        count(*) OVER w82 AS n,
        round_even(sum(points) OVER w5 / count(points) OVER w5, 4) AS points_5,
        round_even(sum(points) OVER w10 / count(points) OVER w10, 4) AS points_10,
        round_even(sum(points) OVER w82 / count(points) OVER w82, 4) AS points_82,
        round_even(sqrt(
            (count(points) OVER w10 * sum(points * points) OVER w10 - (sum(points) OVER w10) * (sum(points) OVER w10))
            / nullif(count(points) OVER w10 * (count(points) OVER w10 - 1), 0)
        ), 4) AS points_std,
        round_even(CAST(sum(minutes_played) OVER w10 AS DOUBLE) / count(minutes_played) OVER w10, 4) AS minutes,
        round_even(CAST(sum(usage_rate) OVER w10 AS DOUBLE) / count(usage_rate) OVER w10, 4) AS usage_10,
        round_even(CAST(sum(ts_pct) OVER w10 AS DOUBLE) / count(ts_pct) OVER w10, 4) AS shooting,
        round_even(CAST(sum(usage_rate) OVER w82 AS DOUBLE) / count(usage_rate) OVER w82, 4) AS usage_82,
        sum(assisted) OVER w10 / nullif(sum(makes) OVER w10, 0) AS assisted_rate, -- not rounded
        max(processed_at) OVER w82 AS last_updated, -- S1
        list(coalesce(data_hash, 'NULL')) OVER w82 AS hashes -- oldest first
    FROM played
    WINDOW
        w5 AS (PARTITION BY player ORDER BY game_date ROWS BETWEEN 4 PRECEDING AND CURRENT ROW),
        w10 AS (PARTITION BY player ORDER BY game_date ROWS BETWEEN 9 PRECEDING AND CURRENT ROW),
        w82 AS (PARTITION BY player ORDER BY game_date ROWS BETWEEN 81 PRECEDING AND CURRENT ROW)
),

-- D2: the same of teams.
team_form AS (
    SELECT
        team,
        game_date,
        lead(game_date, 1, DATE 'infinity') OVER (PARTITION BY team ORDER BY game_date) AS next_date,
        count(*) OVER w10 AS n,
        round_even(CAST(sum(pace) OVER w10 AS DOUBLE) / count(pace) OVER w10, 4) AS pace,
        round_even(CAST(sum(offensive_rating) OVER w10 AS DOUBLE) / count(offensive_rating) OVER w10, 4) AS rating,
        max(processed_at) OVER w10 AS last_updated, -- S1
        list(coalesce(data_hash, 'NULL')) OVER w10 AS hashes -- oldest first
    FROM offense
    WINDOW w10 AS (PARTITION BY team ORDER BY game_date ROWS BETWEEN 9 PRECEDING AND CURRENT ROW)
),

-- D1, W2: the listed who played enough before D.
rows_due AS (
    SELECT listed.game_date AS cache_date, listed.player, listed.team, form.n
    FROM listed
    INNER JOIN form
        ON form.player = listed.player AND listed.game_date > form.game_date AND listed.game_date <= form.next_date
    WHERE form.n >= getvariable('min_games')
),

-- C1: what was due before D, newest first, and whether it is there: any player's box score proves it.
due AS (
    SELECT
        rows_due.player,
        rows_due.cache_date,
        dates.game_date,
        found.team IS NOT NULL AND lost.player IS NULL AS found,
        row_number() OVER (PARTITION BY rows_due.player, rows_due.cache_date ORDER BY dates.game_date DESC) AS nth
    FROM rows_due
    INNER JOIN teams_on_dates AS dates
        ON dates.player = rows_due.player AND dates.game_date < rows_due.cache_date
    INNER JOIN dates_due ON dates_due.team = dates.team AND dates_due.game_date = dates.game_date
    LEFT JOIN (SELECT DISTINCT team, game_date FROM box) AS found
        ON found.team = dates.team AND found.game_date = dates.game_date
    LEFT JOIN lost ON lost.player = dates.player AND lost.game_date = dates.game_date
),

-- C4: 5 and 10 games, 7 and 14 days. Where nothing at all is due there is no line here.
counts AS (
    SELECT
        player,
        cache_date,
        count(*) FILTER (WHERE nth <= 5) AS expected_5,
        count(*) FILTER (WHERE nth <= 5 AND found) AS actual_5,
        count(*) FILTER (WHERE nth <= 10) AS expected_10,
        count(*) FILTER (WHERE nth <= 10 AND found) AS actual_10,
        count(*) FILTER (WHERE game_date >= cache_date - 7) AS expected_7d,
        count(*) FILTER (WHERE game_date >= cache_date - 7 AND found) AS actual_7d,
        count(*) FILTER (WHERE game_date >= cache_date - 14) AS expected_14d,
        count(*) FILTER (WHERE game_date >= cache_date - 14 AND found) AS actual_14d
    FROM due
    GROUP BY player, cache_date
),

-- C2: expected 0 leaves the percentage unknown.
complete AS (
    SELECT
        rows_due.player,
        rows_due.cache_date,
        coalesce(counts.expected_5, 0) AS expected_5,
        coalesce(counts.actual_5, 0) AS actual_5,
        coalesce(counts.expected_10, 0) AS expected_10,
        coalesce(counts.expected_7d, 0) AS expected_7d,
        coalesce(counts.expected_14d, 0) AS expected_14d,
        counts.actual_5 / nullif(counts.expected_5, 0) * 100 AS pct_5,
        counts.actual_10 / nullif(counts.expected_10, 0) * 100 AS pct_10,
        counts.actual_7d / nullif(counts.expected_7d, 0) * 100 AS pct_7d,
        counts.actual_14d / nullif(counts.expected_14d, 0) * 100 AS pct_14d
    FROM rows_due
    LEFT JOIN counts ON counts.player = rows_due.player AND counts.cache_date = rows_due.cache_date
),

-- S3: the same for the team: 10 games, its TOGS rows as box scores.
team_due AS (
    SELECT
        dates.team,
        dates.game_date,
        lead(dates.game_date, 1, DATE 'infinity') OVER (PARTITION BY dates.team ORDER BY dates.game_date) AS next_date,
        count(offense.team) OVER w10 / count(*) OVER w10 * 100 AS percentage
    FROM dates_due AS dates
    LEFT JOIN offense ON offense.team = dates.team AND offense.game_date = dates.game_date
    WINDOW w10 AS (PARTITION BY dates.team ORDER BY dates.game_date ROWS BETWEEN 9 PRECEDING AND CURRENT ROW)
),

-- C5: a window is complete when it is ready (C2); a day window that expects nothing is not, but blocks nothing.
judged AS (
    SELECT
        *,
        coalesce(pct_5 >= getvariable('readiness_threshold'), FALSE) AS ready_5,
        coalesce(pct_10 >= getvariable('readiness_threshold'), FALSE) AS ready_10,
        coalesce(pct_7d >= getvariable('readiness_threshold'), FALSE) AS ready_7d,
        coalesce(pct_14d >= getvariable('readiness_threshold'), FALSE) AS ready_14d
    FROM complete
),

-- All values before storage rounding, under the names they are stored and hashed by.
unrounded AS (
    SELECT
        listed.player AS player_lookup,
        listed.universal_player_id,
        listed.game_date AS cache_date,
        form.points_5 AS points_avg_last_5,
        form.points_10 AS points_avg_last_10,
        form.points_82 AS points_avg_season,
        form.points_std AS points_std_last_10,
        form.minutes AS minutes_avg_last_10,
        form.usage_10 AS usage_rate_last_10,
        form.shooting AS ts_pct_last_10,
        form.n AS games_played_season,
        team_form.pace AS team_pace_last_10,
        team_form.rating AS team_off_rating_last_10,
        form.usage_82 AS player_usage_rate_season,
        listed.games_in_last_7_days,
        listed.games_in_last_14_days,
        listed.minutes_in_last_7_days,
        listed.minutes_in_last_14_days,
        listed.back_to_backs_last_14_days,
        round_even(CAST(listed.avg_minutes_per_game_last_7 AS DOUBLE), 4) AS avg_minutes_per_game_last_7,
        listed.fourth_quarter_minutes_last_7,
        zones.primary_scoring_zone,
        CAST(zones.paint_rate_last_10 AS DOUBLE) AS paint_rate_last_10,
        CAST(zones.three_pt_rate_last_10 AS DOUBLE) AS three_pt_rate_last_10,
        form.assisted_rate AS assisted_rate_last_10,
        listed.player_age,
        form.last_updated AS games_updated,
        form.hashes AS game_hashes,
        team_form.last_updated AS team_updated,
        coalesce(team_form.n, 0) AS team_games,
        team_form.hashes AS team_hashes,
        team_due.percentage AS team_percentage,
        listed.processed_at AS context_updated,
        listed.data_hash AS context_hash,
        zones.processed_at AS zones_updated,
        zones.data_hash AS zones_hash,
        zones.player_lookup IS NOT NULL AS has_zones,
        judged.* EXCLUDE (player, cache_date),
        round_even(judged.pct_5, 1) AS quality_score -- N4
    FROM judged
    INNER JOIN listed ON listed.player = judged.player AND listed.game_date = judged.cache_date
    INNER JOIN form
        ON form.player = listed.player AND listed.game_date > form.game_date AND listed.game_date <= form.next_date
    LEFT JOIN team_form
        ON team_form.team = listed.team
        AND listed.game_date > team_form.game_date AND listed.game_date <= team_form.next_date
    LEFT JOIN team_due
        ON team_due.team = listed.team
        AND listed.game_date > team_due.game_date AND listed.game_date <= team_due.next_date
    LEFT JOIN player_shot_zone_analysis AS zones
        ON zones.player_lookup = listed.player AND zones.analysis_date = listed.game_date
),

-- N4: field:text of 28 fields in alphabetical order. DuckDB prints a double as Python's repr does.
hashed AS (
    SELECT
        *,
        left(sha256(concat_ws(
            '|',
            'assisted_rate_last_10:' || coalesce(CAST(assisted_rate_last_10 AS VARCHAR), 'NULL'),
            'avg_minutes_per_game_last_7:' || coalesce(CAST(avg_minutes_per_game_last_7 AS VARCHAR), 'NULL'),
            'back_to_backs_last_14_days:' || coalesce(CAST(back_to_backs_last_14_days AS VARCHAR), 'NULL'),
            'cache_date:' || cache_date,
            'cache_quality_score:' || coalesce(CAST(quality_score AS VARCHAR), 'NULL'),
            'cache_version:v1+corrected',
            'fourth_quarter_minutes_last_7:' || coalesce(CAST(fourth_quarter_minutes_last_7 AS VARCHAR), 'NULL'),
            'games_in_last_14_days:' || coalesce(CAST(games_in_last_14_days AS VARCHAR), 'NULL'),
            'games_in_last_7_days:' || coalesce(CAST(games_in_last_7_days AS VARCHAR), 'NULL'),
            'games_played_season:' || games_played_season,
            'minutes_avg_last_10:' || coalesce(CAST(minutes_avg_last_10 AS VARCHAR), 'NULL'),
            'minutes_in_last_14_days:' || coalesce(CAST(minutes_in_last_14_days AS VARCHAR), 'NULL'),
            'minutes_in_last_7_days:' || coalesce(CAST(minutes_in_last_7_days AS VARCHAR), 'NULL'),
            'paint_rate_last_10:' || coalesce(CAST(paint_rate_last_10 AS VARCHAR), 'NULL'),
            'player_age:' || coalesce(CAST(player_age AS VARCHAR), 'NULL'),
            'player_lookup:' || trim(player_lookup),
            'player_usage_rate_season:' || coalesce(CAST(player_usage_rate_season AS VARCHAR), 'NULL'),
            'points_avg_last_10:' || coalesce(CAST(points_avg_last_10 AS VARCHAR), 'NULL'),
            'points_avg_last_5:' || coalesce(CAST(points_avg_last_5 AS VARCHAR), 'NULL'),
            'points_avg_season:' || coalesce(CAST(points_avg_season AS VARCHAR), 'NULL'),
            'points_std_last_10:' || coalesce(CAST(points_std_last_10 AS VARCHAR), 'NULL'),
            'primary_scoring_zone:' || coalesce(primary_scoring_zone, 'NULL'),
            'team_off_rating_last_10:' || coalesce(CAST(team_off_rating_last_10 AS VARCHAR), 'NULL'),
            'team_pace_last_10:' || coalesce(CAST(team_pace_last_10 AS VARCHAR), 'NULL'),
            'three_pt_rate_last_10:' || coalesce(CAST(three_pt_rate_last_10 AS VARCHAR), 'NULL'),
            'ts_pct_last_10:' || coalesce(CAST(ts_pct_last_10 AS VARCHAR), 'NULL'),
            'universal_player_id:' || coalesce(trim(universal_player_id), 'NULL'),
            'usage_rate_last_10:' || coalesce(CAST(usage_rate_last_10 AS VARCHAR), 'NULL')
        )), 16) AS data_hash
    FROM unrounded
)

-- Storage: the shortest decimal text of a double, cast to NUMERIC, rounds half away from zero.
SELECT
    player_lookup,
    universal_player_id,
    cache_date,
    CAST(CAST(points_avg_last_5 AS VARCHAR) AS DECIMAL(5, 1)) AS points_avg_last_5,
    CAST(CAST(points_avg_last_10 AS VARCHAR) AS DECIMAL(5, 1)) AS points_avg_last_10,
    CAST(CAST(points_avg_season AS VARCHAR) AS DECIMAL(5, 1)) AS points_avg_season,
    CAST(CAST(points_std_last_10 AS VARCHAR) AS DECIMAL(5, 2)) AS points_std_last_10,
    CAST(CAST(minutes_avg_last_10 AS VARCHAR) AS DECIMAL(5, 1)) AS minutes_avg_last_10,
    CAST(CAST(usage_rate_last_10 AS VARCHAR) AS DECIMAL(5, 2)) AS usage_rate_last_10,
    CAST(CAST(ts_pct_last_10 AS VARCHAR) AS DECIMAL(5, 3)) AS ts_pct_last_10,
    games_played_season,
    CAST(CAST(team_pace_last_10 AS VARCHAR) AS DECIMAL(5, 1)) AS team_pace_last_10,
    CAST(CAST(team_off_rating_last_10 AS VARCHAR) AS DECIMAL(6, 2)) AS team_off_rating_last_10,
    CAST(CAST(player_usage_rate_season AS VARCHAR) AS DECIMAL(5, 2)) AS player_usage_rate_season,
    games_in_last_7_days,
    games_in_last_14_days,
    minutes_in_last_7_days,
    minutes_in_last_14_days,
    back_to_backs_last_14_days,
    CAST(CAST(avg_minutes_per_game_last_7 AS VARCHAR) AS DECIMAL(5, 1)) AS avg_minutes_per_game_last_7,
    fourth_quarter_minutes_last_7,
    primary_scoring_zone,
    CAST(CAST(paint_rate_last_10 AS VARCHAR) AS DECIMAL(5, 2)) AS paint_rate_last_10,
    CAST(CAST(three_pt_rate_last_10 AS VARCHAR) AS DECIMAL(5, 2)) AS three_pt_rate_last_10,
    CAST(CAST(assisted_rate_last_10 AS VARCHAR) AS DECIMAL(5, 2)) AS assisted_rate_last_10,
    player_age,
    games_updated AS source_player_game_last_updated,
    games_played_season AS source_player_game_rows_found, -- S1: the qualifying games, at most 82
    CAST(CAST(pct_10 AS VARCHAR) AS DECIMAL(5, 2)) AS source_player_game_completeness_pct, -- S3
    left(sha256(array_to_string(list_reverse(game_hashes), '|')), 16) AS source_player_game_hash, -- S3: newest first
    team_updated AS source_team_offense_last_updated,
    team_games AS source_team_offense_rows_found,
    CAST(CAST(team_percentage AS VARCHAR) AS DECIMAL(5, 2)) AS source_team_offense_completeness_pct,
    left(sha256(array_to_string(list_reverse(team_hashes), '|')), 16) AS source_team_offense_hash,
    context_updated AS source_upcoming_context_last_updated,
    CAST(1 AS BIGINT) AS source_upcoming_context_rows_found, -- S2
    CAST(100 AS DECIMAL(5, 2)) AS source_upcoming_context_completeness_pct,
    context_hash AS source_upcoming_context_hash,
    zones_updated AS source_shot_zone_last_updated,
    CAST(has_zones AS BIGINT) AS source_shot_zone_rows_found, -- S2
    CAST(CASE WHEN has_zones THEN 100 ELSE 0 END AS DECIMAL(5, 2)) AS source_shot_zone_completeness_pct,
    zones_hash AS source_shot_zone_hash,
    data_hash,
    games_played_season < 10 AS early_season_flag, -- E1
    CASE WHEN games_played_season < 10
        THEN 'Only ' || games_played_season || ' games played, need 10 minimum'
    END AS insufficient_data_reason,
    expected_5 AS expected_games_count, -- C4: from the five games
    actual_5 AS actual_games_count,
    round_even(pct_5, 1) AS completeness_percentage,
    expected_5 - actual_5 AS missing_games_count,
    ready_5 AND ready_10 AND (ready_7d OR expected_7d = 0) AND (ready_14d OR expected_14d = 0) AND has_zones
    AS is_production_ready, -- C5
    list_filter([
        CASE WHEN expected_10 = 0 THEN 'no_games_expected' END,
        CASE WHEN expected_5 > 0 AND NOT ready_5 THEN 'l5_incomplete' END,
        CASE WHEN expected_10 > 0 AND NOT ready_10 THEN 'l10_incomplete' END,
        CASE WHEN expected_7d > 0 AND NOT ready_7d THEN 'l7d_incomplete' END,
        CASE WHEN expected_14d > 0 AND NOT ready_14d THEN 'l14d_incomplete' END,
        CASE WHEN NOT has_zones THEN 'upstream_player_shot_zone_incomplete' END
    ], lambda issue: issue IS NOT NULL) AS data_quality_issues, -- C7
    CASE WHEN FALSE THEN games_updated END AS last_reprocess_attempt_at, -- C8: NULL, of the raw timestamps' type
    CAST(0 AS BIGINT) AS reprocess_attempt_count,
    FALSE AS circuit_breaker_active,
    CASE WHEN FALSE THEN games_updated END AS circuit_breaker_until,
    FALSE AS manual_override_required,
    month(cache_date) IN (4, 10, 11) AS season_boundary_detected, -- W3
    FALSE AS backfill_bootstrap_mode, -- W3: TRUE only on forced rows, which are not said here
    'processed_successfully' AS processing_decision_reason,
    round_even(pct_5, 1) AS l5_completeness_pct,
    ready_5 AS l5_is_complete,
    round_even(pct_10, 1) AS l10_completeness_pct,
    ready_10 AS l10_is_complete,
    round_even(pct_7d, 1) AS l7d_completeness_pct,
    ready_7d AS l7d_is_complete,
    round_even(pct_14d, 1) AS l14d_completeness_pct,
    ready_14d AS l14d_is_complete,
    ready_5 AND ready_10 AND ready_7d AND ready_14d AS all_windows_complete,
    'v1+corrected' AS cache_version
FROM hashed
ORDER BY cache_date, player_lookup
