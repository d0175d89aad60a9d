-- A row rests on at least the minimum of games and on at most 15.
-- severity: block
-- why: a team below the minimum has no row but a reason; more than 15 games is not the window in the columns' names.
SELECT team_abbr, analysis_date, games_in_sample
FROM team_defense_zone_analysis
WHERE games_in_sample IS NULL
    OR games_in_sample NOT BETWEEN least(getvariable('min_games'), 15) AND 15
