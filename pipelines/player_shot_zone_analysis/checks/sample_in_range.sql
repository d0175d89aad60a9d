-- A row rests on at least the minimum of games, on at most 10 and 20, and the two windows begin at the same game.
-- severity: block
-- why: a player below the minimum has no row but a reason; a short window cannot hold other games than the long one.
SELECT player_lookup, analysis_date, games_in_sample_10, games_in_sample_20
FROM player_shot_zone_analysis
WHERE games_in_sample_20 IS NULL
    OR games_in_sample_20 NOT BETWEEN least(getvariable('min_games'), 20) AND 20
    OR games_in_sample_10 IS DISTINCT FROM least(games_in_sample_20, 10)
