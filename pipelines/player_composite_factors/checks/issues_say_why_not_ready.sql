-- Issues are empty on a ready row and name the reasons, in order, on any other.
-- severity: block
-- why: which of five causes keeps a row from being used decides who has to repair it.
SELECT
    player_lookup,
    game_date,
    is_production_ready,
    data_quality_issues,
    list_filter(
        [
            CASE
                WHEN expected_games_count = 0 AND getvariable('rules') = 'corrected' THEN 'no_games_expected'
                WHEN coalesce(actual_games_count / nullif(expected_games_count, 0) * 100, -1)
                    < getvariable('readiness_threshold')
                    THEN 'own_data_incomplete'
            END,
            CASE WHEN NOT upstream_player_shot_ready THEN 'upstream_player_shot_zone_incomplete' END,
            CASE WHEN NOT upstream_team_defense_ready THEN 'upstream_team_defense_zone_incomplete' END,
            CASE WHEN NOT upstream_player_context_ready THEN 'upstream_player_context_incomplete' END,
            CASE WHEN NOT upstream_team_context_ready THEN 'upstream_team_context_incomplete' END
        ],
        lambda token: token IS NOT NULL
    ) AS issues_expected
FROM player_composite_factors
WHERE data_quality_issues IS DISTINCT FROM issues_expected
    OR (len(data_quality_issues) = 0) IS DISTINCT FROM is_production_ready
