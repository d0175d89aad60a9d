-- Every row is production ready, unless one of the windows of the player's own history is incomplete.
-- severity: warn
-- why: composites are unready when the context row is. A thin history explains itself (up to 17 % of a date in the
--      weeks of replacement players); a row that is unready with all its windows complete, or with an issue, does not.
SELECT
    game_date,
    count(DISTINCT player_lookup) AS players,
    count(DISTINCT player_lookup) FILTER (WHERE unexplained) AS not_ready,
    list_sort(list_distinct(flatten(list(data_quality_issues) FILTER (WHERE unexplained)))) AS issues
FROM (
    SELECT
        game_date,
        player_lookup,
        data_quality_issues,
        is_production_ready IS NOT TRUE
        AND (
            len(data_quality_issues) > 0
            OR least(
                l5_completeness_pct,
                l10_completeness_pct,
                l7d_completeness_pct,
                l14d_completeness_pct,
                l30d_completeness_pct
            ) >= 90
        ) AS unexplained
    FROM upcoming_player_game_context
    WHERE game_date >= getvariable('season_start')
        AND game_date < getvariable('season_end')
)
GROUP BY game_date
HAVING not_ready > 0
