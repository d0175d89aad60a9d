-- Every row is production ready.
-- severity: warn
-- why: composites of every player are unready when the context row of the opponent is; small slates lost 70 % that way.
SELECT
    game_date,
    count(DISTINCT team_abbr) AS teams,
    count(DISTINCT team_abbr) FILTER (WHERE is_production_ready IS NOT TRUE) AS not_ready,
    list_sort(list_distinct(flatten(
        list(data_quality_issues) FILTER (WHERE is_production_ready IS NOT TRUE)
    ))) AS issues
FROM upcoming_team_game_context
WHERE game_date >= make_date(getvariable('season'), 7, 1)
    AND game_date < make_date(getvariable('season') + 1, 7, 1)
GROUP BY game_date
HAVING not_ready > 0
