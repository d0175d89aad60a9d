-- Every row is production ready.
-- severity: warn
-- why: a row is unready when its sources failed; the features take it like any other, so the date has to be looked at.
SELECT
    game_date,
    count(DISTINCT defending_team_abbr) AS teams,
    count(DISTINCT defending_team_abbr) FILTER (WHERE is_production_ready IS NOT TRUE) AS not_ready,
    list_sort(list_distinct(flatten(
        list(data_quality_issues) FILTER (WHERE is_production_ready IS NOT TRUE)
    ))) AS issues
FROM team_defense_game_summary
WHERE game_date >= make_date(getvariable('season'), 7, 1)
    AND game_date < make_date(getvariable('season') + 1, 7, 1)
GROUP BY game_date
HAVING not_ready > 0
