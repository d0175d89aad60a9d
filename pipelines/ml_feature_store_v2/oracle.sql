-- ml_feature_store_v2, said once more in plain SQL: 25 numbers on a player before a game, and how good they are.
-- Rule set `corrected`; I3, M2, ... are the numbers of its definitions. Shares no code with build(): it is there to
-- disagree.
-- Reads: nbac_schedule, player_game_summary, team_offense_game_summary, upcoming_player_game_context, as pulled;
-- player_daily_cache, player_composite_factors, player_shot_zone_analysis, team_defense_zone_analysis, as published
-- (N3: their stored values).
-- Shared views (codes, league, calendar, box, ...): pipelines/oracle.sql.
-- Variables: season, bootstrap_days, readiness_threshold, today (DATE or NULL).
--
-- M3: what the schedule says of a team on a date.
WITH team_dates AS (
    SELECT team, game_date, bool_or(is_home) AS is_home, bool_or(is_playoff_game) AS is_playoff_game
    FROM (
        SELECT home AS team, game_date, TRUE AS is_home, is_playoff_game FROM league
        UNION ALL
        SELECT away AS team, game_date, FALSE AS is_home, is_playoff_game FROM league
    )
    GROUP BY team, game_date
),

-- M1: who played when D is over, who is listed when it is not.
universe AS (
    SELECT box.player, box.universal_player_id, box.game_date, box.game_id, box.team, box.opponent
    FROM box
    INNER JOIN calendar ON calendar.game_date = box.game_date AND calendar.is_over
    UNION ALL
    SELECT listed.player, listed.universal_player_id, listed.game_date, listed.game_id, listed.team, listed.opponent
    FROM listed
    INNER JOIN calendar ON calendar.game_date = listed.game_date AND NOT calendar.is_over
),

-- M4, N2: the newest ten box scores, and all of the season, that end with each. Strictly before D the newest window is
-- the one whose last game is older than D while the player's next is not: `next_date` is part of it. An unknown number
-- counts as 0 in the last ten, not at all in the season means.
history AS (
    SELECT
        player,
        game_date,
        lead(game_date, 1, DATE 'infinity') OVER (PARTITION BY player ORDER BY game_date) AS next_date,
        count(*) OVER w10 AS games,
        list(coalesce(points, 0)) OVER w10 AS points, -- oldest first
        sum(coalesce(points, 0)) OVER w10 AS points_total,
        sum(coalesce(ft_makes, 0)) OVER w10 AS free_throws_total,
        CAST(sum(coalesce(minutes_played, 0)) OVER w10 AS DOUBLE) / count(*) OVER w10 AS minutes_10,
        sum(points) OVER so_far / count(points) OVER so_far AS points_season,
        CAST(sum(minutes_played) OVER so_far AS DOUBLE) / count(minutes_played) OVER so_far AS minutes_season
    FROM box
    WINDOW
        w10 AS (PARTITION BY player ORDER BY game_date ROWS BETWEEN 9 PRECEDING AND CURRENT ROW),
        so_far AS (PARTITION BY player ORDER BY game_date ROWS UNBOUNDED PRECEDING)
),

-- M5, feature 21: what the last ten say. Halves and thirds of whole points meet a band exactly or miss it by a sixth.
recent AS (
    SELECT
        * EXCLUDE (points),
        CASE WHEN games >= 5 THEN list_sum(points[-5:]) / 5 END AS points_5,
        points_total / games AS points_10,
        CASE WHEN games >= 5
            THEN (points[-1] + points[-2]) / 2 - (points[-3] + points[-4] + points[-5]) / 3
        END AS trend,
        CASE WHEN games >= 5 AND points_total > 0
            THEN greatest(0, least(0.5::DOUBLE, free_throws_total / points_total))
        END AS free_throw_share
    FROM history
),

-- M7: the record of the team after each game.
record AS (
    SELECT
        team,
        game_date,
        lead(game_date, 1, DATE 'infinity') OVER (PARTITION BY team ORDER BY game_date) AS next_date,
        count(win_flag) OVER so_far AS games,
        count(*) FILTER (WHERE win_flag) OVER so_far AS wins
    FROM offense
    WINDOW so_far AS (PARTITION BY team ORDER BY game_date ROWS UNBOUNDED PRECEDING)
),

-- C1: whether the box score of each due date is there. Any player's row proves it.
due_of_teams AS (
    SELECT DISTINCT dates.team, dates.game_date, box.team IS NOT NULL AS found
    FROM dates_due AS dates
    LEFT JOIN box ON box.team = dates.team AND box.game_date = dates.game_date
),

-- C3: whoever has no box score before D belongs to the team of the row that drives the table.
due AS (
    SELECT
        universe.player,
        universe.game_date AS on_date,
        due_of_teams.game_date,
        due_of_teams.found AND lost.player IS NULL AS found
    FROM universe
    INNER JOIN players ON players.player = universe.player AND players.first_date < universe.game_date
    INNER JOIN teams_on_dates AS dates
        ON dates.player = universe.player AND dates.game_date < universe.game_date
    INNER JOIN due_of_teams ON due_of_teams.team = dates.team AND due_of_teams.game_date = dates.game_date
    LEFT JOIN lost ON lost.player = dates.player AND lost.game_date = dates.game_date
    UNION ALL
    SELECT universe.player, universe.game_date AS on_date, due_of_teams.game_date, due_of_teams.found
    FROM universe
    ANTI JOIN players ON players.player = universe.player AND players.first_date < universe.game_date
    INNER JOIN due_of_teams ON due_of_teams.team = universe.team AND due_of_teams.game_date < universe.game_date
),

-- C4: the newest 10 of them.
complete AS (
    SELECT player, on_date, count(*) AS expected, count(*) FILTER (WHERE found) AS actual
    FROM (
        SELECT * FROM due
        QUALIFY row_number() OVER (PARTITION BY player, on_date ORDER BY game_date DESC) <= 10
    )
    GROUP BY player, on_date
),

-- M2: a row for each, with what there is of each source, as doubles.
joined AS (
    SELECT
        universe.*,
        coalesce(listed.home_game, team_dates.is_home, FALSE) AS is_home, -- M3
        coalesce(listed.back_to_back, yesterday.team IS NOT NULL) AS is_back_to_back,
        coalesce(team_dates.is_playoff_game, FALSE) AS is_playoff_game,
        listed.days_rest,
        listed.opponent_days_rest,
        lower(listed.player_status) AS status,
        recent.points_5,
        recent.points_10,
        recent.points_season,
        recent.minutes_10,
        recent.minutes_season,
        recent.trend,
        recent.free_throw_share,
        CASE WHEN record.games >= 5 THEN record.wins / record.games END AS win_share,
        cache.player_lookup IS NOT NULL AS has_cache,
        CAST(cache.points_avg_last_5 AS DOUBLE) AS cache_points_5,
        CAST(cache.points_avg_last_10 AS DOUBLE) AS cache_points_10,
        CAST(cache.points_avg_season AS DOUBLE) AS cache_points_season,
        CAST(cache.points_std_last_10 AS DOUBLE) AS cache_points_std,
        CAST(cache.games_in_last_7_days AS DOUBLE) AS cache_games,
        CAST(cache.minutes_avg_last_10 AS DOUBLE) AS cache_minutes,
        CAST(cache.team_pace_last_10 AS DOUBLE) AS team_pace,
        CAST(cache.team_off_rating_last_10 AS DOUBLE) AS team_rating,
        cache.early_season_flag AS cache_early,
        cache.insufficient_data_reason AS cache_reason,
        cache.processed_at AS cache_updated,
        cache.data_hash AS cache_hash,
        coalesce(cache.is_production_ready, FALSE) AS cache_ready, -- C6
        factors.player_lookup IS NOT NULL AS has_factors,
        CAST(factors.fatigue_score AS DOUBLE) AS fatigue,
        CAST(factors.shot_zone_mismatch_score AS DOUBLE) AS mismatch,
        CAST(factors.pace_score AS DOUBLE) AS pace_score,
        CAST(factors.usage_spike_score AS DOUBLE) AS usage_score,
        factors.processed_at AS factors_updated,
        factors.data_hash AS factors_hash,
        coalesce(factors.is_production_ready, FALSE) AS factors_ready,
        shots.player_lookup IS NOT NULL AS has_shots,
        CAST(coalesce(shots.paint_rate_last_10, cache.paint_rate_last_10) AS DOUBLE) AS paint, -- M6
        CAST(shots.mid_range_rate_last_10 AS DOUBLE) AS mid_range,
        CAST(coalesce(shots.three_pt_rate_last_10, cache.three_pt_rate_last_10) AS DOUBLE) AS three,
        shots.processed_at AS shots_updated,
        shots.data_hash AS shots_hash,
        coalesce(shots.is_production_ready, FALSE) AS shots_ready,
        defense.team_abbr IS NOT NULL AS has_defense,
        CAST(defense.defensive_rating_last_15 AS DOUBLE) AS opponent_rating,
        CAST(defense.opponent_pace AS DOUBLE) AS opponent_pace,
        defense.processed_at AS defense_updated,
        defense.data_hash AS defense_hash,
        coalesce(defense.is_production_ready, FALSE) AS defense_ready,
        coalesce(complete.expected, 0) AS expected,
        coalesce(complete.actual, 0) AS actual,
        complete.actual / complete.expected * 100 AS percentage -- C2: expected 0 leaves it unknown
    FROM universe
    LEFT JOIN listed
        ON listed.player = universe.player AND listed.game_date = universe.game_date AND listed.team = universe.team
    LEFT JOIN team_dates ON team_dates.team = universe.team AND team_dates.game_date = universe.game_date
    LEFT JOIN final_dates AS yesterday
        ON yesterday.team = universe.team AND yesterday.game_date = universe.game_date - 1
    LEFT JOIN recent
        ON recent.player = universe.player
        AND universe.game_date > recent.game_date AND universe.game_date <= recent.next_date
    LEFT JOIN record
        ON record.team = universe.team
        AND universe.game_date > record.game_date AND universe.game_date <= record.next_date
    LEFT JOIN player_daily_cache AS cache
        ON cache.player_lookup = universe.player AND cache.cache_date = universe.game_date
    LEFT JOIN player_composite_factors AS factors
        ON factors.player_lookup = universe.player AND factors.game_date = universe.game_date
    LEFT JOIN player_shot_zone_analysis AS shots
        ON shots.player_lookup = universe.player AND shots.analysis_date = universe.game_date
    LEFT JOIN team_defense_zone_analysis AS defense
        ON defense.team_abbr = universe.opponent AND defense.analysis_date = universe.game_date
    LEFT JOIN complete ON complete.player = universe.player AND complete.on_date = universe.game_date
),

-- Feature 12: minutes now against minutes of the season; no number, or 0, on either side means no change. 16 features
-- can come from feature tables; of the rest 6 are always calculated and 3 always of Phase 3, to which 0 to 2 may fall
-- back.
measured AS (
    SELECT
        *,
        (coalesce(nullif(cache_minutes, 0), minutes_10) - minutes_season) / nullif(minutes_season, 0) AS minutes_gain,
        coalesce(nullif(cache_minutes, 0), minutes_10, 0) = 0 AS no_minutes,
        len(list_filter([
            cache_points_5, cache_points_10, cache_points_season, cache_points_std, cache_games, fatigue, mismatch,
            pace_score, usage_score, opponent_rating, opponent_pace, paint, mid_range, three, team_pace, team_rating
        ], lambda value: value IS NOT NULL)) AS of_phase_4,
        3
        + CAST(cache_points_5 IS NULL AND points_5 IS NOT NULL AS INTEGER)
        + CAST(cache_points_10 IS NULL AND points_10 IS NOT NULL AS INTEGER)
        + CAST(cache_points_season IS NULL AND points_season IS NOT NULL AS INTEGER) AS of_phase_3,
        6 AS calculated
    FROM joined
),

-- The features in their order; DOUBLE throughout, none rounded.
unrounded AS (
    SELECT
        *,
        CAST([
            coalesce(cache_points_5, points_5, 10),
            coalesce(cache_points_10, points_10, 10),
            coalesce(cache_points_season, points_season, 10),
            coalesce(cache_points_std, 5),
            coalesce(cache_games, 3),
            coalesce(fatigue, 50),
            coalesce(mismatch, 0),
            coalesce(pace_score, 0),
            coalesce(usage_score, 0),
            greatest(-2, least(2, coalesce(days_rest - opponent_days_rest, 0))),
            CASE status WHEN 'probable' THEN 1 WHEN 'questionable' THEN 2 WHEN 'doubtful' THEN 3 WHEN 'out' THEN 3
                ELSE 0
            END,
            CASE WHEN trend >= 5 THEN 2 WHEN trend >= 2 THEN 1 WHEN trend <= -5 THEN -2 WHEN trend <= -2 THEN -1
                ELSE 0
            END,
            CASE
                WHEN no_minutes THEN 0
                WHEN minutes_gain >= 0.2::DOUBLE THEN 2
                WHEN minutes_gain >= 0.1::DOUBLE THEN 1
                WHEN minutes_gain <= -0.2::DOUBLE THEN -2
                WHEN minutes_gain <= -0.1::DOUBLE THEN -1
                ELSE 0
            END,
            coalesce(opponent_rating, 112),
            coalesce(opponent_pace, 100),
            CAST(is_home AS INTEGER),
            CAST(is_back_to_back AS INTEGER),
            CAST(is_playoff_game AS INTEGER),
            coalesce(paint, 30) / 100,
            coalesce(mid_range, 20) / 100,
            coalesce(three, 35) / 100,
            coalesce(free_throw_share, 0.15::DOUBLE),
            coalesce(team_pace, 100),
            coalesce(team_rating, 112),
            coalesce(win_share, 0.5::DOUBLE)
        ] AS DOUBLE[]) AS features,
        [
            'points_avg_last_5', 'points_avg_last_10', 'points_avg_season', 'points_std_last_10',
            'games_in_last_7_days', 'fatigue_score', 'shot_zone_mismatch_score', 'pace_score', 'usage_spike_score',
            'rest_advantage', 'injury_risk', 'recent_trend', 'minutes_change', 'opponent_def_rating', 'opponent_pace',
            'home_away', 'back_to_back', 'playoff_game', 'pct_paint', 'pct_mid_range', 'pct_three', 'pct_free_throw',
            'team_pace', 'team_off_rating', 'team_win_pct'
        ] AS feature_names,
        -- fifths, so nothing is left to round
        (100 * (of_phase_4 + calculated) + 75 * of_phase_3 + 40 * (25 - of_phase_4 - of_phase_3 - calculated)) / 25
        AS score,
        CASE
            WHEN of_phase_4 >= 0.9 * 25 THEN 'phase4'
            WHEN of_phase_4 >= 0.5 * 25 THEN 'phase4_partial'
            WHEN of_phase_3 >= 0.5 * 25 THEN 'phase3'
            ELSE 'mixed'
        END AS data_source,
        coalesce(cache_early, TRUE) AS early, -- E1
        CASE WHEN has_cache THEN cache_reason ELSE 'No daily cache available' END AS early_reason,
        coalesce(percentage >= getvariable('readiness_threshold'), FALSE) AS own_ready -- C2
    FROM measured
),

-- N4: field:text of 15 fields in alphabetical order; lists and booleans as Python prints them. DuckDB prints a double
-- as Python's repr does.
hashed AS (
    SELECT
        *,
        left(sha256(concat_ws(
            '|',
            'data_source:' || data_source,
            'days_rest:' || coalesce(CAST(days_rest AS VARCHAR), 'NULL'),
            'early_season_flag:' || CASE WHEN early THEN 'True' ELSE 'False' END,
            'feature_count:25',
            'feature_names:[''' || array_to_string(feature_names, ''', ''') || ''']',
            'feature_quality_score:' || score,
            'feature_version:v1_baseline_25+corrected',
            'features:[' || array_to_string(features, ', ') || ']',
            'game_date:' || game_date,
            'game_id:' || trim(game_id),
            'insufficient_data_reason:' || coalesce(early_reason, 'NULL'),
            'is_home:' || CASE WHEN is_home THEN 'True' ELSE 'False' END,
            'opponent_team_abbr:' || coalesce(trim(opponent), 'NULL'),
            'player_lookup:' || trim(player),
            'universal_player_id:' || coalesce(trim(universal_player_id), 'NULL')
        )), 16) AS data_hash
    FROM unrounded
)

SELECT
    player AS player_lookup,
    universal_player_id,
    game_date,
    game_id,
    features,
    feature_names,
    CAST(25 AS BIGINT) AS feature_count,
    'v1_baseline_25+corrected' AS feature_version,
    CAST(CAST(score AS VARCHAR) AS DECIMAL(5, 2)) AS feature_quality_score,
    opponent AS opponent_team_abbr,
    is_home,
    days_rest,
    data_source,
    cache_updated AS source_daily_cache_last_updated,
    CAST(has_cache AS BIGINT) AS source_daily_cache_rows_found, -- S2
    CAST(CASE WHEN has_cache THEN 100 ELSE 0 END AS DECIMAL(5, 2)) AS source_daily_cache_completeness_pct,
    cache_hash AS source_daily_cache_hash,
    factors_updated AS source_composite_last_updated,
    CAST(has_factors AS BIGINT) AS source_composite_rows_found,
    CAST(CASE WHEN has_factors THEN 100 ELSE 0 END AS DECIMAL(5, 2)) AS source_composite_completeness_pct,
    factors_hash AS source_composite_hash,
    shots_updated AS source_shot_zones_last_updated,
    CAST(has_shots AS BIGINT) AS source_shot_zones_rows_found,
    CAST(CASE WHEN has_shots THEN 100 ELSE 0 END AS DECIMAL(5, 2)) AS source_shot_zones_completeness_pct,
    shots_hash AS source_shot_zones_hash,
    defense_updated AS source_team_defense_last_updated,
    CAST(has_defense AS BIGINT) AS source_team_defense_rows_found,
    CAST(CASE WHEN has_defense THEN 100 ELSE 0 END AS DECIMAL(5, 2)) AS source_team_defense_completeness_pct,
    defense_hash AS source_team_defense_hash,
    early AS early_season_flag,
    early_reason AS insufficient_data_reason,
    expected AS expected_games_count,
    actual AS actual_games_count,
    round(percentage, 1) AS completeness_percentage, -- C2: no n/10 or less has a tie at one decimal
    expected - actual AS missing_games_count,
    own_ready AND cache_ready AND factors_ready AND shots_ready AND defense_ready AS is_production_ready, -- C6
    list_filter([
        CASE WHEN expected = 0 THEN 'no_games_expected' WHEN NOT own_ready THEN 'own_data_incomplete' END,
        CASE WHEN NOT cache_ready THEN 'upstream_player_daily_cache_incomplete' END,
        CASE WHEN NOT factors_ready THEN 'upstream_player_composite_factors_incomplete' END,
        CASE WHEN NOT shots_ready THEN 'upstream_player_shot_zone_incomplete' END,
        CASE WHEN NOT defense_ready THEN 'upstream_team_defense_zone_incomplete' END
    ], lambda issue: issue IS NOT NULL) AS data_quality_issues, -- C7
    CASE WHEN FALSE THEN cache_updated END AS last_reprocess_attempt_at, -- C8: NULL, of a timestamp's type
    CAST(0 AS BIGINT) AS reprocess_attempt_count,
    FALSE AS circuit_breaker_active,
    CASE WHEN FALSE THEN cache_updated END AS circuit_breaker_until,
    FALSE AS manual_override_required,
    month(game_date) IN (4, 10, 11) AS season_boundary_detected, -- W3
    FALSE AS backfill_bootstrap_mode, -- W3: TRUE only on forced rows, which are not said here
    'processed_successfully' AS processing_decision_reason,
    data_hash,
    CASE
        WHEN score >= 95 THEN 'gold'
        WHEN score >= 75 THEN 'silver'
        WHEN score >= 50 THEN 'bronze'
        WHEN score >= 25 THEN 'poor'
        ELSE 'unusable'
    END AS quality_tier
FROM hashed
ORDER BY game_date, player_lookup
