-- The sources of a date reach up to the last game before it of the teams that play on it.
-- severity: warn
-- why: when a day of box scores is not loaded, the features of the next day silently stay those of the day before. Rows
--      of that last game cannot have been written before noon UTC of its date (breakfast in the east).
-- with: stamps; group = team_abbr; stale
WITH sides AS (
    SELECT DISTINCT game_date, game_status, {group} AS team
    FROM (
        SELECT game_date, game_status, unnest([home_team_tricode, away_team_tricode]) AS team_abbr
        FROM nbac_schedule
        WHERE (is_regular_season OR is_playoffs)
            AND game_date >= getvariable('season_start')
    )
),

before AS (
    SELECT playing.game_date, max(earlier.game_date) AS last_game_date
    FROM sides AS playing
    INNER JOIN sides AS earlier
        ON earlier.team = playing.team AND earlier.game_date < playing.game_date AND earlier.game_status = 3
    GROUP BY playing.game_date
),

written AS (
    SELECT {date}, min(newest) AS oldest_source
    FROM (
        UNPIVOT (SELECT {date}, coalesce(max(COLUMNS([{stamps}])), TIMESTAMPTZ 'epoch') FROM {table} GROUP BY {date})
        ON COLUMNS(* EXCLUDE {date}) INTO NAME source VALUE newest
    )
    GROUP BY {date}
)

SELECT written.{date}, written.oldest_source, before.last_game_date
FROM written
INNER JOIN before ON before.game_date = written.{date}
WHERE epoch(written.oldest_source) < epoch(before.last_game_date) + 12 * 3600
