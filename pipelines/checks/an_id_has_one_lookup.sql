-- A player id has one lookup all season.
-- severity: warn
-- why: a player under a second spelling (a look-alike letter, an invisible one, a blank) is another player to every
--      feature: the games are split, and one of the two "did not play". Shown are the rows of the spelling that is rarer.
SELECT game_date, player_lookup, universal_player_id, usual
FROM (
    SELECT
        game_date,
        player_lookup,
        universal_player_id,
        mode(player_lookup) OVER (PARTITION BY universal_player_id) AS usual
    FROM {table}
    SEMI JOIN (
        SELECT universal_player_id FROM {table}
        GROUP BY universal_player_id HAVING count(DISTINCT player_lookup) > 1
    ) USING (universal_player_id)
)
WHERE player_lookup IS DISTINCT FROM usual
