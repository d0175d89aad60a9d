-- Rating and pace of the opponent are those of the player's defense row of the date; without one they are 112 and 100.
-- severity: block
-- why: a validator looked for a column that does not exist, and never found that all opponents had the default. The
--      opponent is the other team of the game, and the player's row is the one named.
SELECT
    staged.player_lookup,
    staged.game_date,
    staged.opponent_team_abbr,
    staged.features[14:15] AS rating_and_pace,
    defense.defensive_rating_last_15,
    defense.opponent_pace,
    staged.source_team_defense_hash,
    defense.data_hash AS hash_there,
    defense.is_production_ready AS ready_there,
    staged.data_quality_issues
FROM ml_feature_store_v2 AS staged
LEFT JOIN team_defense_zone_analysis AS defense
    ON defense.team_abbr = staged.opponent_team_abbr AND defense.analysis_date = staged.game_date
WHERE abs(staged.features[14] - coalesce(defense.defensive_rating_last_15, 112)) > 1e-9
    OR abs(staged.features[15] - coalesce(defense.opponent_pace, 100)) > 1e-9
    OR list_contains(staged.data_quality_issues, 'upstream_team_defense_zone_incomplete')
    = coalesce(defense.is_production_ready, FALSE)
    OR (
        getvariable('rules') = 'corrected'
        AND (
            staged.source_team_defense_hash IS DISTINCT FROM defense.data_hash
            OR staged.source_team_defense_rows_found <> CAST(defense.team_abbr IS NOT NULL AS BIGINT)
        )
    )
