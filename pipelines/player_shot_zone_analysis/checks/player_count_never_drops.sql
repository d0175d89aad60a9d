-- A date has at least 95 % of the players of the date before.
-- severity: warn
-- why: whoever has had the minimum of games keeps their row to the end of the season, so a drop means that part of a
--      date, or of its source, was lost. 5 % leaves room for corrections of the source.
SELECT analysis_date, players, players_before
FROM (
    SELECT
        analysis_date,
        count(*) AS players,
        lag(count(*)) OVER (ORDER BY analysis_date) AS players_before
    FROM player_shot_zone_analysis
    GROUP BY analysis_date
)
WHERE players < 0.95 * players_before
