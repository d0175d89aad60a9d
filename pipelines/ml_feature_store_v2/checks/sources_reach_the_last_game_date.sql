-- Zones and defences of a date were made from sources that reach the last game before it of the teams that play on it.
-- severity: warn
-- why: when a day of box scores is not loaded, the features of the next day silently stay those of the day before. Rows
--      of that last game cannot have been written before noon UTC of its date (breakfast in the east).
WITH sides AS (
    SELECT game_date, game_status, unnest([home_team_tricode, away_team_tricode]) AS team_abbr
    FROM nbac_schedule
    WHERE (is_regular_season OR is_playoffs)
        AND game_date >= make_date(getvariable('season'), 7, 1)
),

before AS (
    SELECT playing.game_date, max(earlier.game_date) AS last_game_date
    FROM sides AS playing
    INNER JOIN sides AS earlier
        ON earlier.team_abbr = playing.team_abbr
        AND earlier.game_date < playing.game_date
        AND earlier.game_status = 3
    GROUP BY playing.game_date
),

written AS (
    SELECT
        game_date,
        max(source_shot_zones_last_updated) AS newest_zones,
        max(source_team_defense_last_updated) AS newest_defense
    FROM ml_feature_store_v2
    GROUP BY game_date
)

SELECT written.game_date, written.newest_zones, written.newest_defense, before.last_game_date
FROM written
INNER JOIN before ON before.game_date = written.game_date
WHERE least(coalesce(epoch(written.newest_zones), 0), coalesce(epoch(written.newest_defense), 0))
    < epoch(before.last_game_date) + 12 * 3600
