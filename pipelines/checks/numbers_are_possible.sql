-- No row says what cannot be: a count below 0 or above any game, makes above attempts, zones that miss the attempts.
-- severity: warn
-- why: 10,000,000 points in one cell stopped three tables of a season. Such a row is set aside: it counts in no window,
--      and is missed where it is due. The bounds are settings, e.g. --set player_game_summary.max_points=130.
-- with: points; shown = {points}; counts; most; makes; zones; attempts
SELECT *
FROM (
    SELECT
        game_date,
        {entity},
        {shown},
        list_filter([
            CASE WHEN least({counts}) < 0 THEN 'below 0' END,
            CASE WHEN greatest({counts}) > getvariable('{most}') THEN 'above ' || getvariable('{most}') END,
            {makes},
            CASE WHEN abs({zones} - {attempts}) > getvariable('zone_tolerance') THEN 'zones miss {attempts}' END
        ], lambda problem: problem IS NOT NULL) AS problems
    FROM {table}
)
WHERE len(problems) > 0
