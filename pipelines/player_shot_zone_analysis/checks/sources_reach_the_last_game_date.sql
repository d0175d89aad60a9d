-- The sources of a date reach up to the last game date before it.
-- severity: warn
-- why: when a day of box scores is not loaded, the features of the next day silently stay those of the day before.
--      Rows of that last game date cannot have been written before noon UTC of it (breakfast in the east).
WITH game_dates AS (
    SELECT DISTINCT game_date
    FROM nbac_schedule
    WHERE game_status = 3
        AND (is_regular_season OR is_playoffs)
        AND game_date >= make_date(getvariable('season'), 7, 1)
),

written AS (
    SELECT analysis_date, max(source_player_game_last_updated) AS newest_source
    FROM player_shot_zone_analysis
    GROUP BY analysis_date
)

SELECT written.analysis_date, written.newest_source, max(game_dates.game_date) AS last_game_date
FROM written
INNER JOIN game_dates ON game_dates.game_date < written.analysis_date
GROUP BY written.analysis_date, written.newest_source
HAVING epoch(written.newest_source) < epoch(max(game_dates.game_date)) + 12 * 3600
