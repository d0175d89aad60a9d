-- The mismatch follows from the player's zones and their opponent's defense of the date; both rows are those named.
-- severity: block
-- why: unknown zones in the team summaries once made every comparison with the league NULL, and every mismatch 0. The
--      zone a player scores from most meets the opponent's defense of that zone; "balanced" and unknown count as paint.
--      Flag and reason of a short history come from the player's zones. (Production leaves them FALSE, and names a hash of the
--      date.)
WITH matchup AS (
    SELECT
        context.player_lookup,
        context.game_date,
        context.game_id,
        context.data_hash AS context_hash,
        zones.data_hash AS zones_hash,
        coalesce(zones.is_production_ready, FALSE) AS is_zones_ready,
        coalesce(zones.early_season_flag, TRUE) AS is_early,
        CASE
            WHEN zones.player_lookup IS NULL THEN 'No shot zone analysis available'
            ELSE zones.insufficient_data_reason
        END AS reason,
        defense.data_hash AS defense_hash,
        coalesce(defense.is_production_ready, FALSE) AS is_defense_ready,
        CAST(coalesce(CASE zones.primary_scoring_zone
            WHEN 'mid_range' THEN zones.mid_range_rate_last_10
            WHEN 'perimeter' THEN zones.three_pt_rate_last_10
            ELSE zones.paint_rate_last_10
        END, 50) AS DOUBLE) AS rate,
        CAST(coalesce(CASE zones.primary_scoring_zone
            WHEN 'mid_range' THEN defense.mid_range_defense_vs_league_avg
            WHEN 'perimeter' THEN defense.three_pt_defense_vs_league_avg
            ELSE defense.paint_defense_vs_league_avg
        END, 0) AS DOUBLE) AS allowed,
        allowed * least(rate / 50, 1) AS plain,
        CASE
            WHEN zones.player_lookup IS NULL OR defense.team_abbr IS NULL THEN 0
            ELSE greatest(-10, least(10, plain * CASE WHEN abs(plain) > 5 THEN 1.2 ELSE 1 END))
        END AS mismatch
    FROM upcoming_player_game_context AS context
    LEFT JOIN player_shot_zone_analysis AS zones
        ON zones.player_lookup = context.player_lookup AND zones.analysis_date = context.game_date
    LEFT JOIN team_defense_zone_analysis AS defense
        ON defense.team_abbr = context.opponent_team_abbr AND defense.analysis_date = context.game_date
)

SELECT
    staged.player_lookup,
    staged.game_date,
    matchup.rate,
    matchup.allowed,
    matchup.mismatch,
    staged.shot_zone_mismatch_score,
    staged.source_player_shot_hash,
    matchup.zones_hash,
    staged.upstream_player_shot_ready,
    staged.source_team_defense_hash,
    matchup.defense_hash,
    staged.upstream_team_defense_ready,
    staged.early_season_flag,
    staged.insufficient_data_reason
FROM player_composite_factors AS staged
LEFT JOIN matchup
    ON matchup.player_lookup = staged.player_lookup
    AND matchup.game_date = staged.game_date
    AND matchup.game_id = staged.game_id
    AND (
        getvariable('rules') = 'production'
        OR matchup.context_hash IS NOT DISTINCT FROM staged.source_player_context_hash
    )
WHERE matchup.player_lookup IS NULL
    OR abs(staged.shot_zone_mismatch_score - matchup.mismatch) > 0.0500001
    OR staged.upstream_player_shot_ready IS DISTINCT FROM matchup.is_zones_ready
    OR staged.upstream_team_defense_ready IS DISTINCT FROM matchup.is_defense_ready
    OR CASE getvariable('rules')
        WHEN 'production'
            THEN staged.early_season_flag IS DISTINCT FROM FALSE OR staged.insufficient_data_reason IS NOT NULL
        ELSE staged.source_player_shot_hash IS DISTINCT FROM matchup.zones_hash
            OR staged.source_team_defense_hash IS DISTINCT FROM matchup.defense_hash
            OR staged.early_season_flag IS DISTINCT FROM matchup.is_early
            OR staged.insufficient_data_reason IS DISTINCT FROM matchup.reason
    END
