-- A date is written within three days of its games, or at least not after the date that follows it.
-- severity: warn
-- why: a stat correction rewrites a whole date days later (a basket credited to a team-mate nine days after the game),
--      and what was computed from the earlier version is out of date. A bulk load in order of dates is no correction.
SELECT {date}, first_written, next_date, next_first_written
FROM (
    SELECT
        {date},
        min(processed_at) AS first_written,
        lead({date}) OVER (ORDER BY {date}) AS next_date,
        lead(min(processed_at)) OVER (ORDER BY {date}) AS next_first_written
    FROM {table}
    WHERE {date} >= getvariable('season_start')
        AND {date} < getvariable('season_end')
    GROUP BY {date}
)
WHERE epoch(first_written) > epoch({date}) + 4 * 24 * 3600 -- midnight after the third day
    AND first_written > next_first_written
