-- player_shot_zone_analysis, said once more in plain SQL: where a player took their shots in their newest 10 and 20 games.
-- Rule set `corrected`; I3, P2, ... are the numbers of its definitions. Shares no code with build(): it is there to
-- disagree.
-- Reads: nbac_schedule, player_game_summary, as pulled.
-- Shared views (codes, league, calendar, box, ...): pipelines/oracle.sql.
-- Variables: season, min_games, bootstrap_days, readiness_threshold, today (DATE or NULL).
-- rhe(x, d): x * 10^d to the nearest integer, ties to even, over 10^d. CAST(double AS BIGINT) rounds so in DuckDB.
--
-- W2: the games that qualify. P2: a number counts where its partner is known too, the rates only where all six are.
WITH played AS (
    SELECT
        player,
        game_date,
        universal_player_id,
        processed_at,
        data_hash,
        CASE WHEN paint_makes IS NOT NULL THEN paint_attempts END AS paint_attempts,
        CASE WHEN paint_attempts IS NOT NULL THEN paint_makes END AS paint_makes,
        CASE WHEN mid_range_makes IS NOT NULL THEN mid_range_attempts END AS mid_attempts,
        CASE WHEN mid_range_attempts IS NOT NULL THEN mid_range_makes END AS mid_makes,
        CASE WHEN three_pt_makes IS NOT NULL THEN three_pt_attempts END AS three_attempts,
        CASE WHEN three_pt_attempts IS NOT NULL THEN three_pt_makes END AS three_makes,
        paint_attempts + paint_makes + mid_range_attempts + mid_range_makes + three_pt_attempts + three_pt_makes
        IS NOT NULL AS all_known,
        assisted_fg_makes,
        unassisted_fg_makes,
        CASE WHEN assisted_fg_makes IS NOT NULL THEN fg_makes END AS makes_beside_assisted,
        CASE WHEN unassisted_fg_makes IS NOT NULL THEN fg_makes END AS makes_beside_unassisted,
        fg_makes IS NOT NULL AS makes_known
    FROM box
    WHERE is_active AND (minutes_played > 0 OR fg_attempts > 0)
),

-- The windows of 10 and 20 that end with each game. Strictly before D the newest is the one whose last game is older
-- than D while the player's next is not: `next_date` is part of it.
sums AS (
    SELECT
        player,
        game_date,
        lead(game_date, 1, DATE 'infinity') OVER (PARTITION BY player ORDER BY game_date) AS next_date,
        universal_player_id,
        row_number() OVER (PARTITION BY player ORDER BY game_date) AS games_so_far,
        count(*) OVER w10 AS n10,
        count(*) OVER w20 AS n20,
        sum(paint_attempts) FILTER (WHERE all_known) OVER w10 AS paint_shots,
        sum(mid_attempts) FILTER (WHERE all_known) OVER w10 AS mid_shots,
        sum(three_attempts) FILTER (WHERE all_known) OVER w10 AS three_shots,
        sum(paint_attempts + mid_attempts + three_attempts) FILTER (WHERE all_known) OVER w10 AS shots,
        sum(paint_makes) OVER w10 / nullif(sum(paint_attempts) OVER w10, 0) AS paint_pct,
        sum(mid_makes) OVER w10 / nullif(sum(mid_attempts) OVER w10, 0) AS mid_pct,
        sum(three_makes) OVER w10 / nullif(sum(three_attempts) OVER w10, 0) AS three_pct,
        sum(paint_attempts) OVER w10 / count(paint_attempts) OVER w10 AS paint_per_game,
        sum(mid_attempts) OVER w10 / count(mid_attempts) OVER w10 AS mid_per_game,
        sum(three_attempts) OVER w10 / count(three_attempts) OVER w10 AS three_per_game,
        sum(assisted_fg_makes) FILTER (WHERE makes_known) OVER w10
        / nullif(sum(makes_beside_assisted) OVER w10, 0) AS assisted,
        sum(unassisted_fg_makes) FILTER (WHERE makes_known) OVER w10
        / nullif(sum(makes_beside_unassisted) OVER w10, 0) AS unassisted,
        sum(paint_attempts) FILTER (WHERE all_known) OVER w20
        / nullif(sum(paint_attempts + mid_attempts + three_attempts) FILTER (WHERE all_known) OVER w20, 0)
        AS paint_share_20,
        sum(paint_makes) OVER w20 / nullif(sum(paint_attempts) OVER w20, 0) AS paint_pct_20,
        max(processed_at) OVER w20 AS last_updated, -- S1
        list(coalesce(data_hash, 'NULL')) OVER w20 AS hashes -- oldest first
    FROM played
    WINDOW
        w10 AS (PARTITION BY player ORDER BY game_date ROWS BETWEEN 9 PRECEDING AND CURRENT ROW),
        w20 AS (PARTITION BY player ORDER BY game_date ROWS BETWEEN 19 PRECEDING AND CURRENT ROW)
),

-- Rounded as the processor does: rates to 2, fractions to 3, shots per game to 1 place. No shot at all: no rates.
windows AS (
    SELECT
        player,
        game_date,
        next_date,
        universal_player_id,
        games_so_far,
        n10,
        n20,
        CAST(nullif(shots, 0) AS BIGINT) AS total_shots,
        CAST(paint_shots / nullif(shots, 0) * 100 * 100 AS BIGINT) / 1e2 AS paint_rate,
        CAST(mid_shots / nullif(shots, 0) * 100 * 100 AS BIGINT) / 1e2 AS mid_rate,
        CAST(three_shots / nullif(shots, 0) * 100 * 100 AS BIGINT) / 1e2 AS three_rate,
        CAST(paint_pct * 1000 AS BIGINT) / 1e3 AS paint_pct,
        CAST(mid_pct * 1000 AS BIGINT) / 1e3 AS mid_pct,
        CAST(three_pct * 1000 AS BIGINT) / 1e3 AS three_pct,
        CAST(paint_per_game * 10 AS BIGINT) / 1e1 AS paint_per_game,
        CAST(mid_per_game * 10 AS BIGINT) / 1e1 AS mid_per_game,
        CAST(three_per_game * 10 AS BIGINT) / 1e1 AS three_per_game,
        CAST(assisted * 100 * 100 AS BIGINT) / 1e2 AS assisted_rate,
        CAST(unassisted * 100 * 100 AS BIGINT) / 1e2 AS unassisted_rate,
        CASE WHEN n20 >= 15 THEN CAST(paint_share_20 * 100 * 100 AS BIGINT) / 1e2 END AS paint_rate_20, -- P3
        CASE WHEN n20 >= 15 THEN CAST(paint_pct_20 * 1000 AS BIGINT) / 1e3 END AS paint_pct_20, -- P3
        last_updated,
        left(sha256(array_to_string(list_reverse(hashes), '|')), 16) AS source_hash -- S3: newest first
    FROM sums
),

-- P1, W2: each player with enough qualifying games before D, on D's rosters or not.
rows_due AS (
    SELECT calendar.game_date AS analysis_date, windows.*
    FROM calendar
    INNER JOIN windows
        ON calendar.game_date > windows.game_date AND calendar.game_date <= windows.next_date
    WHERE windows.games_so_far >= getvariable('min_games')
),

-- C1, C4: dates due and found, over the newest 10 that end with each. Any player's box score proves the game is there.
due_windows AS (
    SELECT
        dates.player,
        dates.game_date,
        lead(dates.game_date, 1, DATE 'infinity') OVER (
            PARTITION BY dates.player ORDER BY dates.game_date
        ) AS next_date,
        count(*) OVER newest_10 AS expected,
        count(*) FILTER (WHERE found.team IS NOT NULL AND lost.player IS NULL) OVER newest_10 AS actual
    FROM teams_on_dates AS dates
    INNER JOIN dates_due ON dates_due.team = dates.team AND dates_due.game_date = dates.game_date
    LEFT JOIN (SELECT DISTINCT team, game_date FROM box) AS found
        ON found.team = dates.team AND found.game_date = dates.game_date
    LEFT JOIN lost ON lost.player = dates.player AND lost.game_date = dates.game_date
    WINDOW newest_10 AS (PARTITION BY dates.player ORDER BY dates.game_date ROWS BETWEEN 9 PRECEDING AND CURRENT ROW)
),

complete AS (
    SELECT
        calendar.game_date AS analysis_date,
        due.player,
        due.expected,
        due.actual,
        due.actual / due.expected * 100 AS percentage
    FROM calendar
    INNER JOIN due_windows AS due
        ON calendar.game_date > due.game_date AND calendar.game_date <= due.next_date
),

-- C2: expected 0 leaves the percentage unknown and the row not ready.
judged AS (
    SELECT
        due.*,
        coalesce(complete.expected, 0) AS expected,
        coalesce(complete.actual, 0) AS actual,
        complete.percentage,
        coalesce(complete.percentage >= getvariable('readiness_threshold'), FALSE) AS ready,
        CASE -- on the rounded rates; paint wins a tie
            WHEN due.paint_rate >= 40 THEN 'paint'
            WHEN due.three_rate >= 40 THEN 'perimeter'
            WHEN due.mid_rate >= 35 THEN 'mid_range'
            WHEN due.total_shots > 0 THEN 'balanced'
        END AS primary_scoring_zone,
        CASE WHEN due.n10 >= 10 THEN 'excellent' WHEN due.n10 >= 7 THEN 'good' WHEN due.n10 >= 5 THEN 'limited'
            ELSE 'insufficient'
        END AS quality_10,
        CASE WHEN due.n20 >= 20 THEN 'excellent' WHEN due.n20 >= 15 THEN 'good' WHEN due.n20 >= 10 THEN 'limited'
            ELSE 'insufficient'
        END AS quality_20, -- P3
        CASE WHEN due.n10 >= 10 THEN 'high' WHEN due.n10 >= 7 THEN 'medium' ELSE 'low' END AS tier
    FROM rows_due AS due
    LEFT JOIN complete ON complete.player = due.player AND complete.analysis_date = due.analysis_date
),

-- N4: field:text of 25 fields in alphabetical order. DuckDB prints a double as Python's repr does.
hashed AS (
    SELECT
        *,
        left(sha256(concat_ws(
            '|',
            'analysis_date:' || analysis_date,
            'assisted_rate_last_10:' || coalesce(CAST(assisted_rate AS VARCHAR), 'NULL'),
            'calculation_notes:NULL',
            'data_quality_tier:' || tier,
            'games_in_sample_10:' || n10,
            'games_in_sample_20:' || n20,
            'mid_range_attempts_per_game:' || coalesce(CAST(mid_per_game AS VARCHAR), 'NULL'),
            'mid_range_pct_last_10:' || coalesce(CAST(mid_pct AS VARCHAR), 'NULL'),
            'mid_range_rate_last_10:' || coalesce(CAST(mid_rate AS VARCHAR), 'NULL'),
            'paint_attempts_per_game:' || coalesce(CAST(paint_per_game AS VARCHAR), 'NULL'),
            'paint_pct_last_10:' || coalesce(CAST(paint_pct AS VARCHAR), 'NULL'),
            'paint_pct_last_20:' || coalesce(CAST(paint_pct_20 AS VARCHAR), 'NULL'),
            'paint_rate_last_10:' || coalesce(CAST(paint_rate AS VARCHAR), 'NULL'),
            'paint_rate_last_20:' || coalesce(CAST(paint_rate_20 AS VARCHAR), 'NULL'),
            'player_lookup:' || trim(player),
            'player_position:NULL',
            'primary_scoring_zone:' || coalesce(primary_scoring_zone, 'NULL'),
            'sample_quality_10:' || quality_10,
            'sample_quality_20:' || quality_20,
            'three_pt_attempts_per_game:' || coalesce(CAST(three_per_game AS VARCHAR), 'NULL'),
            'three_pt_pct_last_10:' || coalesce(CAST(three_pct AS VARCHAR), 'NULL'),
            'three_pt_rate_last_10:' || coalesce(CAST(three_rate AS VARCHAR), 'NULL'),
            'total_shots_last_10:' || coalesce(CAST(total_shots AS VARCHAR), 'NULL'),
            'unassisted_rate_last_10:' || coalesce(CAST(unassisted_rate AS VARCHAR), 'NULL'),
            'universal_player_id:' || coalesce(trim(universal_player_id), 'NULL')
        )), 16) AS data_hash
    FROM judged
)

-- Storage: the shortest decimal text of a double, cast to NUMERIC, rounds half away from zero.
SELECT
    player AS player_lookup,
    universal_player_id, -- P3: of the newest qualifying game
    analysis_date,
    CAST(CAST(paint_rate AS VARCHAR) AS DECIMAL(5, 2)) AS paint_rate_last_10,
    CAST(CAST(mid_rate AS VARCHAR) AS DECIMAL(5, 2)) AS mid_range_rate_last_10,
    CAST(CAST(three_rate AS VARCHAR) AS DECIMAL(5, 2)) AS three_pt_rate_last_10,
    total_shots AS total_shots_last_10,
    n10 AS games_in_sample_10,
    quality_10 AS sample_quality_10,
    CAST(CAST(paint_pct AS VARCHAR) AS DECIMAL(5, 3)) AS paint_pct_last_10,
    CAST(CAST(mid_pct AS VARCHAR) AS DECIMAL(5, 3)) AS mid_range_pct_last_10,
    CAST(CAST(three_pct AS VARCHAR) AS DECIMAL(5, 3)) AS three_pt_pct_last_10,
    CAST(CAST(paint_per_game AS VARCHAR) AS DECIMAL(4, 1)) AS paint_attempts_per_game,
    CAST(CAST(mid_per_game AS VARCHAR) AS DECIMAL(4, 1)) AS mid_range_attempts_per_game,
    CAST(CAST(three_per_game AS VARCHAR) AS DECIMAL(4, 1)) AS three_pt_attempts_per_game,
    CAST(CAST(paint_rate_20 AS VARCHAR) AS DECIMAL(5, 2)) AS paint_rate_last_20,
    CAST(CAST(paint_pct_20 AS VARCHAR) AS DECIMAL(5, 3)) AS paint_pct_last_20,
    n20 AS games_in_sample_20,
    quality_20 AS sample_quality_20,
    CAST(CAST(assisted_rate AS VARCHAR) AS DECIMAL(5, 2)) AS assisted_rate_last_10,
    CAST(CAST(unassisted_rate AS VARCHAR) AS DECIMAL(5, 2)) AS unassisted_rate_last_10,
    CAST(NULL AS VARCHAR) AS player_position,
    primary_scoring_zone,
    tier AS data_quality_tier,
    CAST(NULL AS VARCHAR) AS calculation_notes,
    last_updated AS source_player_game_last_updated,
    n20 AS source_player_game_rows_found, -- S1: the newest qualifying games, at most 20
    CAST(CAST(percentage AS VARCHAR) AS DECIMAL(5, 2)) AS source_player_game_completeness_pct, -- S3
    source_hash AS source_player_game_hash,
    data_hash,
    n10 < 10 AS early_season_flag, -- E1
    CASE WHEN n10 < 10 THEN 'Only ' || n10 || ' games available, need 10' END AS insufficient_data_reason,
    expected AS expected_games_count,
    actual AS actual_games_count,
    round(percentage, 1) AS completeness_percentage, -- C2: no n/10 or less has a tie at one decimal
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
ORDER BY analysis_date, player_lookup
