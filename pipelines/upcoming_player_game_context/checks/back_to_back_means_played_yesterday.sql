-- back_to_back is TRUE exactly for those who played the day before (days_rest = 1).
-- severity: warn
-- why: the flag was tested against a rest of 0 days, which does not occur, so it was FALSE on every row and the fatigue
--      penalty for back-to-backs never applied.
SELECT
    game_date,
    count(DISTINCT player_lookup) AS players,
    count(DISTINCT player_lookup) FILTER (WHERE days_rest = 1) AS played_yesterday,
    count(DISTINCT player_lookup) FILTER (WHERE back_to_back) AS flagged
FROM upcoming_player_game_context
WHERE game_date >= getvariable('season_start')
    AND game_date < getvariable('season_end')
GROUP BY game_date
HAVING bool_or(back_to_back IS DISTINCT FROM coalesce(days_rest = 1, FALSE))
