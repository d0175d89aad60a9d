-- player_composite_factors, said once more in plain SQL: how rest, the matchup of zones, pace and usage move a player.
-- Rule set `corrected`; I3, F1, ... are the numbers of its definitions. Shares no code with build(): it is there to
-- disagree.
-- Reads: nbac_schedule, player_game_summary, upcoming_player_game_context, upcoming_team_game_context, as pulled;
-- player_shot_zone_analysis, team_defense_zone_analysis, as published (N3: their stored values).
-- Shared views (codes, league, calendar, box, ...): pipelines/oracle.sql.
-- Variables: season, bootstrap_days, readiness_threshold, today (DATE or NULL).
-- pyround(x, d): Python's round(), the decimal nearest to the double itself, an exact tie to the even digit. DuckDB's
-- round_even(x, d) is that function, sign of zero included (-0.04 gives -0.0); its round(x, d) is not.
WITH team_context AS (
    SELECT team_abbr AS team, game_date, is_production_ready, processed_at, data_hash FROM upcoming_team_game_context
),

-- C1: whether the box score of each due date is there. Any player's row proves it.
due_of_teams AS (
    SELECT DISTINCT dates.team, dates.game_date, box.team IS NOT NULL AS found
    FROM dates_due AS dates
    LEFT JOIN box ON box.team = dates.team AND box.game_date = dates.game_date
),

-- C3: whoever has no box score before D belongs to the team that lists the player.
due AS (
    SELECT
        listed.player,
        listed.game_date AS on_date,
        due_of_teams.game_date,
        due_of_teams.found AND lost.player IS NULL AS found
    FROM listed
    INNER JOIN players ON players.player = listed.player AND players.first_date < listed.game_date
    INNER JOIN teams_on_dates AS dates
        ON dates.player = listed.player AND dates.game_date < listed.game_date
    INNER JOIN due_of_teams ON due_of_teams.team = dates.team AND due_of_teams.game_date = dates.game_date
    LEFT JOIN lost ON lost.player = dates.player AND lost.game_date = dates.game_date
    UNION ALL
    SELECT listed.player, listed.game_date AS on_date, due_of_teams.game_date, due_of_teams.found
    FROM listed
    ANTI JOIN players ON players.player = listed.player AND players.first_date < listed.game_date
    INNER JOIN due_of_teams ON due_of_teams.team = listed.team AND due_of_teams.game_date < listed.game_date
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

-- F1: a row for each. S2: at most one row of each source. The zone decides which rate meets which defense; any zone but
-- mid_range and perimeter meets the paint.
joined AS (
    SELECT
        listed.*,
        shots.player_lookup IS NOT NULL AS has_shots,
        shots.primary_scoring_zone AS zone,
        CAST(CASE shots.primary_scoring_zone
            WHEN 'mid_range' THEN shots.mid_range_rate_last_10
            WHEN 'perimeter' THEN shots.three_pt_rate_last_10
            ELSE shots.paint_rate_last_10
        END AS DOUBLE) AS rate,
        shots.early_season_flag AS shots_early,
        shots.insufficient_data_reason AS shots_reason,
        shots.processed_at AS shots_updated,
        shots.data_hash AS shots_hash,
        coalesce(shots.is_production_ready, FALSE) AS shots_ready, -- C6
        defense.team_abbr IS NOT NULL AS has_defense,
        defense.weakest_zone,
        CAST(CASE shots.primary_scoring_zone
            WHEN 'mid_range' THEN defense.mid_range_defense_vs_league_avg
            WHEN 'perimeter' THEN defense.three_pt_defense_vs_league_avg
            ELSE defense.paint_defense_vs_league_avg
        END AS DOUBLE) AS conceded,
        defense.processed_at AS defense_updated,
        defense.data_hash AS defense_hash,
        coalesce(defense.is_production_ready, FALSE) AS defense_ready,
        team_context.team IS NOT NULL AS has_team_context,
        team_context.processed_at AS team_context_updated,
        team_context.data_hash AS team_context_hash,
        coalesce(team_context.is_production_ready, FALSE) AS team_context_ready,
        coalesce(listed.is_production_ready, FALSE) AS context_ready,
        coalesce(complete.expected, 0) AS expected,
        coalesce(complete.actual, 0) AS actual,
        complete.actual / complete.expected * 100 AS percentage -- C2: expected 0 leaves it unknown
    FROM listed
    LEFT JOIN player_shot_zone_analysis AS shots
        ON shots.player_lookup = listed.player AND shots.analysis_date = listed.game_date
    LEFT JOIN team_defense_zone_analysis AS defense
        ON defense.team_abbr = listed.opponent AND defense.analysis_date = listed.game_date
    LEFT JOIN team_context
        ON team_context.team = listed.opponent AND team_context.game_date = listed.game_date
    LEFT JOIN complete ON complete.player = listed.player AND complete.on_date = listed.game_date
),

-- The factors before their clamps: doubles, one operation after the other as the processor does them.
factors AS (
    SELECT
        *,
        100
        + CASE WHEN back_to_back THEN -15 WHEN coalesce(days_rest, 1) >= 3 THEN 5 ELSE 0 END
        + CASE WHEN coalesce(games_in_last_7_days, 3) >= 4 THEN -10 ELSE 0 END
        + CASE WHEN coalesce(minutes_in_last_7_days, 200) > 240 THEN -10 ELSE 0 END
        + CASE WHEN coalesce(avg_minutes_per_game_last_7, 30) > 35 THEN -8 ELSE 0 END
        + CASE
            WHEN coalesce(back_to_backs_last_14_days, 0) >= 2 THEN -12
            WHEN back_to_backs_last_14_days = 1 THEN -5
            ELSE 0
        END
        + CASE
            WHEN coalesce(player_age, 25) >= 35 THEN -10
            WHEN coalesce(player_age, 25) >= 30 THEN -5
            ELSE 0
        END AS rest,
        coalesce(conceded, 0) * least(coalesce(rate, 50) / 50, 1) AS matchup,
        CAST(coalesce(pace_differential, 0) AS DOUBLE) / 2 AS pace,
        (CAST(projected_usage_rate AS DOUBLE) - CAST(avg_usage_rate_last_7_games AS DOUBLE)) * 0.3::DOUBLE AS spike
    FROM joined
),

-- F1: 0.0 where a side of the matchup is missing. F2: 0.0 where a usage is unknown, and where the average is 0.
scores AS (
    SELECT
        *,
        greatest(0, least(100, rest)) AS fatigue,
        CASE
            WHEN NOT (has_shots AND has_defense) THEN 0.0::DOUBLE
            ELSE greatest(-10, least(10, CASE WHEN abs(matchup) > 5 THEN matchup * 1.2::DOUBLE ELSE matchup END))
        END AS mismatch,
        greatest(-3, least(3, pace)) AS pace_raw,
        CASE
            WHEN spike IS NULL OR avg_usage_rate_last_7_games = 0 THEN 0.0::DOUBLE
            ELSE greatest(-3, least(3, CASE
                WHEN spike > 0 AND star_teammates_out >= 2 THEN spike * 1.3::DOUBLE
                WHEN spike > 0 AND star_teammates_out > 0 THEN spike * 1.15::DOUBLE
                ELSE spike
            END))
        END AS usage_raw
    FROM factors
),

totals AS (
    SELECT
        *,
        (fatigue - 100) / 20 + mismatch + pace_raw + usage_raw AS total, -- then four times 0.0
        CAST(coalesce(projected_usage_rate, 0) AS DOUBLE) - CAST(coalesce(avg_usage_rate_last_7_games, 0) AS DOUBLE)
        AS usage_gap,
        list_filter([
            CASE WHEN days_rest IS NULL THEN 'days_rest' END,
            CASE WHEN projected_usage_rate IS NULL THEN 'projected_usage_rate' END,
            CASE WHEN pace_differential IS NULL THEN 'pace_differential' END,
            CASE WHEN NOT has_shots THEN 'player_shot_zone' END,
            CASE WHEN NOT has_defense THEN 'team_defense_zone' END
        ], lambda field: field IS NOT NULL) AS missing
    FROM scores
),

-- Rounded as the processor does. The context texts are what Python's json.dumps writes: DuckDB prints a double as
-- Python's repr does, true and false in lower case, and the zones are plain ASCII words.
unrounded AS (
    SELECT
        *,
        round_even(mismatch, 1) AS mismatch_score,
        round_even(pace_raw, 1) AS pace_score,
        round_even(usage_raw, 1) AS usage_score,
        round_even(total, 2) AS adjustment,
        (5 - len(missing)) * 20.0::DOUBLE AS known_pct,
        nullif(array_to_string(missing, ', '), '') AS missing_data_fields,
        nullif(concat_ws(
            '; ',
            CASE WHEN fatigue < 50 THEN 'EXTREME_FATIGUE: Player showing severe fatigue' END,
            CASE WHEN abs(mismatch) > 8 THEN 'EXTREME_MATCHUP: Unusual zone mismatch' END,
            CASE WHEN abs(total) > 12 THEN 'EXTREME_ADJUSTMENT: Very large composite adjustment' END
        ), '') AS warning_details,
        coalesce(shots_early, TRUE) AS early, -- E1
        CASE WHEN has_shots THEN shots_reason ELSE 'No shot zone analysis available' END AS early_reason,
        coalesce(percentage >= getvariable('readiness_threshold'), FALSE) AS own_ready, -- C2
        shots_ready AND defense_ready AND context_ready AND team_context_ready AS upstreams_ready, -- C6
        concat(
            '{"days_rest": ', coalesce(days_rest, 0),
            ', "back_to_back": ', coalesce(back_to_back, FALSE),
            ', "games_last_7": ', coalesce(games_in_last_7_days, 0),
            ', "minutes_last_7": ', CAST(coalesce(minutes_in_last_7_days, 0) AS DOUBLE),
            ', "avg_minutes_pg_last_7": ', CAST(coalesce(avg_minutes_per_game_last_7, 0) AS DOUBLE),
            ', "back_to_backs_last_14": ', coalesce(back_to_backs_last_14_days, 0),
            ', "player_age": ', coalesce(player_age, 25),
            ', "penalties_applied": [', concat_ws(
                ', ',
                CASE WHEN back_to_back THEN '"back_to_back: -15"' END,
                CASE WHEN games_in_last_7_days >= 4 THEN '"frequent_games: -10"' END,
                CASE WHEN minutes_in_last_7_days > 240 THEN '"heavy_minutes: -10"' END,
                CASE WHEN player_age >= 35 THEN '"veteran_age: -10"' END
            ),
            '], "bonuses_applied": [', CASE WHEN days_rest >= 3 THEN '"extra_rest: +5"' END,
            '], "final_score": ', fatigue, '}'
        ) AS fatigue_text,
        CASE WHEN has_shots AND has_defense
            THEN concat(
                '{"player_primary_zone": "', coalesce(zone, 'unknown'),
                '", "primary_zone_frequency": ', coalesce(rate, 0),
                ', "opponent_weak_zone": "', coalesce(weakest_zone, 'unknown'),
                '", "opponent_defense_vs_league": ', coalesce(conceded, 0),
                ', "mismatch_type": "',
                CASE WHEN mismatch > 2 THEN 'favorable' WHEN mismatch < -2 THEN 'unfavorable' ELSE 'neutral' END,
                '", "final_score": ', mismatch, '}'
            )
            ELSE '{"missing_data": true}'
        END AS zone_text,
        concat(
            '{"pace_differential": ', CAST(coalesce(pace_differential, 0) AS DOUBLE),
            ', "opponent_pace_last_10": ', CAST(coalesce(opponent_pace_last_10, 100) AS DOUBLE),
            ', "league_avg_pace": 100.0, "pace_environment": "',
            CASE WHEN pace_differential > 2 THEN 'fast' WHEN pace_differential < -2 THEN 'slow' ELSE 'normal' END,
            '", "final_score": ', pace_raw, '}'
        ) AS pace_text,
        concat(
            '{"projected_usage_rate": ', CAST(coalesce(projected_usage_rate, 0) AS DOUBLE),
            ', "avg_usage_last_7": ', CAST(coalesce(avg_usage_rate_last_7_games, 0) AS DOUBLE),
            ', "usage_differential": ', usage_gap,
            ', "star_teammates_out": ', coalesce(star_teammates_out, 0),
            ', "usage_trend": "',
            CASE WHEN usage_gap > 2 THEN 'spike' WHEN usage_gap < -2 THEN 'drop' ELSE 'stable' END,
            '", "final_score": ', usage_raw, '}'
        ) AS usage_text
    FROM totals
),

-- N4: field:text of 21 fields in alphabetical order, booleans as Python prints them.
hashed AS (
    SELECT
        *,
        left(sha256(concat_ws(
            '|',
            'analysis_date:' || game_date,
            'calculation_version:v1_4factors+corrected',
            'data_completeness_pct:' || known_pct,
            'early_season_flag:' || CASE WHEN early THEN 'True' ELSE 'False' END,
            'fatigue_score:' || fatigue,
            'game_date:' || game_date,
            'game_id:' || trim(game_id),
            'has_warnings:' || CASE WHEN warning_details IS NULL THEN 'False' ELSE 'True' END,
            'insufficient_data_reason:' || coalesce(early_reason, 'NULL'),
            'look_ahead_pressure_score:0.0',
            'missing_data_fields:' || coalesce(missing_data_fields, 'NULL'),
            'opponent_strength_score:0.0',
            'pace_score:' || pace_score,
            'player_lookup:' || trim(player),
            'referee_favorability_score:0.0',
            'shot_zone_mismatch_score:' || mismatch_score,
            'total_composite_adjustment:' || adjustment,
            'travel_impact_score:0.0',
            'universal_player_id:' || coalesce(trim(universal_player_id), 'NULL'),
            'usage_spike_score:' || usage_score,
            'warning_details:' || coalesce(warning_details, 'NULL')
        )), 16) AS row_hash
    FROM unrounded
)

-- Storage: the shortest decimal text of a double, cast to NUMERIC, rounds half away from zero.
SELECT
    player AS player_lookup,
    universal_player_id,
    game_date,
    game_id,
    game_date AS analysis_date,
    CAST(fatigue AS BIGINT) AS fatigue_score,
    CAST(CAST(mismatch_score AS VARCHAR) AS DECIMAL(4, 1)) AS shot_zone_mismatch_score,
    CAST(CAST(pace_score AS VARCHAR) AS DECIMAL(3, 1)) AS pace_score,
    CAST(CAST(usage_score AS VARCHAR) AS DECIMAL(3, 1)) AS usage_spike_score,
    CAST(0 AS DECIMAL(3, 1)) AS referee_favorability_score,
    CAST(0 AS DECIMAL(3, 1)) AS look_ahead_pressure_score,
    CAST(0 AS DECIMAL(3, 1)) AS travel_impact_score,
    CAST(0 AS DECIMAL(3, 1)) AS opponent_strength_score,
    CAST(CAST(adjustment AS VARCHAR) AS DECIMAL(5, 2)) AS total_composite_adjustment,
    fatigue_text AS fatigue_context_json,
    zone_text AS shot_zone_context_json,
    pace_text AS pace_context_json,
    usage_text AS usage_context_json,
    'v1_4factors+corrected' AS calculation_version,
    CAST(known_pct AS DECIMAL(5, 2)) AS data_completeness_pct, -- a multiple of 20
    missing_data_fields,
    warning_details IS NOT NULL AS has_warnings,
    warning_details,
    processed_at AS source_player_context_last_updated,
    CAST(1 AS BIGINT) AS source_player_context_rows_found, -- S2
    CAST(100 AS DECIMAL(5, 2)) AS source_player_context_completeness_pct,
    team_context_updated AS source_team_context_last_updated,
    CAST(has_team_context AS BIGINT) AS source_team_context_rows_found,
    CAST(CASE WHEN has_team_context THEN 100 ELSE 0 END AS DECIMAL(5, 2)) AS source_team_context_completeness_pct,
    shots_updated AS source_player_shot_last_updated,
    CAST(has_shots AS BIGINT) AS source_player_shot_rows_found,
    CAST(CASE WHEN has_shots THEN 100 ELSE 0 END AS DECIMAL(5, 2)) AS source_player_shot_completeness_pct,
    defense_updated AS source_team_defense_last_updated,
    CAST(has_defense AS BIGINT) AS source_team_defense_rows_found,
    CAST(CASE WHEN has_defense THEN 100 ELSE 0 END AS DECIMAL(5, 2)) AS source_team_defense_completeness_pct,
    data_hash AS source_player_context_hash,
    team_context_hash AS source_team_context_hash,
    shots_hash AS source_player_shot_hash,
    defense_hash AS source_team_defense_hash,
    row_hash AS data_hash,
    early AS early_season_flag,
    early_reason AS insufficient_data_reason,
    expected AS expected_games_count,
    actual AS actual_games_count,
    round_even(percentage, 1) AS completeness_percentage,
    expected - actual AS missing_games_count,
    own_ready AND upstreams_ready AS is_production_ready, -- C6
    list_filter([
        CASE WHEN expected = 0 THEN 'no_games_expected' WHEN NOT own_ready THEN 'own_data_incomplete' END,
        CASE WHEN NOT shots_ready THEN 'upstream_player_shot_zone_incomplete' END,
        CASE WHEN NOT defense_ready THEN 'upstream_team_defense_zone_incomplete' END,
        CASE WHEN NOT context_ready THEN 'upstream_player_context_incomplete' END,
        CASE WHEN NOT team_context_ready THEN 'upstream_team_context_incomplete' END
    ], lambda issue: issue IS NOT NULL) AS data_quality_issues, -- C7
    shots_ready AS upstream_player_shot_ready,
    defense_ready AS upstream_team_defense_ready,
    context_ready AS upstream_player_context_ready,
    team_context_ready AS upstream_team_context_ready,
    upstreams_ready AS all_upstreams_ready,
    CASE WHEN FALSE THEN processed_at END AS last_reprocess_attempt_at, -- C8: NULL, of the raw timestamps' type
    CAST(0 AS BIGINT) AS reprocess_attempt_count,
    FALSE AS circuit_breaker_active,
    CASE WHEN FALSE THEN processed_at END AS circuit_breaker_until,
    FALSE AS manual_override_required,
    month(game_date) IN (4, 10, 11) AS season_boundary_detected, -- W3
    FALSE AS backfill_bootstrap_mode, -- W3: TRUE only on forced rows, which are not said here
    'processed_successfully' AS processing_decision_reason
FROM hashed
ORDER BY game_date, player_lookup
