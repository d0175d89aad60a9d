-- A team has one row per date.
-- severity: block
-- why: a retried load once left copies, and whoever joins on team and date then counts every player of that team twice.
SELECT team_abbr, analysis_date, count(*) AS copies
FROM team_defense_zone_analysis
GROUP BY team_abbr, analysis_date
HAVING count(*) > 1
