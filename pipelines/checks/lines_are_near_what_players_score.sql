-- A points line lies between 0 and twice the most that the player has scored so far, plus 10, from five games on.
-- severity: warn
-- why: a line of 255 for 25.5, or one of another player, is taken as it is by whatever reads lines.
-- with: line
WITH scored AS (
    SELECT
        player_lookup,
        game_date,
        max(points) OVER so_far AS most,
        count(points) OVER so_far AS games
    FROM player_game_summary
    WHERE points BETWEEN 0 AND getvariable('max_points')
    WINDOW so_far AS (PARTITION BY player_lookup ORDER BY game_date)
)

SELECT lines.game_date, lines.player_lookup, lines.{line}, scored.most, scored.games
FROM (FROM {table} WHERE {line} IS NOT NULL) AS lines
ASOF LEFT JOIN scored ON scored.player_lookup = lines.player_lookup AND scored.game_date < lines.game_date
WHERE lines.{line} < 0 OR (scored.games >= 5 AND lines.{line} > 2 * scored.most + 10)
