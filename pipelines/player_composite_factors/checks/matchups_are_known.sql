-- On every date the defense of every opponent is known, and from the fourth week on the zones of half of the players.
-- severity: warn
-- why: the mismatch of an unknown zone is 0.0 and looks like a neutral one; with 29 of 30 defenses the players of two
--      teams get it unseen. Of the listed, 42 to 47 % really have no zones right after the bootstrap days, 10 % in
--      spring. (Production rates a defense from its 15th game on, so that some are missing in November.)
SELECT
    game_date,
    count(*) AS players,
    count(*) FILTER (WHERE contains(missing_data_fields, 'player_shot_zone')) AS without_zones,
    count(*) FILTER (WHERE contains(missing_data_fields, 'team_defense_zone')) AS without_defense,
    CASE WHEN greatest(without_zones, without_defense) > 0.5 * players THEN 'CONTAMINATED' ELSE 'PARTIAL' END AS status
FROM player_composite_factors
GROUP BY game_date
HAVING without_defense > 0
    OR (without_zones > 0.5 * players AND game_date >= (SELECT min(dates.game_date) FROM dates) + 21)
