-- Pace and rating are those of the newest 10 games before the date of the team the player is listed for.
-- severity: block
-- why: production let the team's own game of the date, last season's games and copies ("10 games" were 10 rows of
--      three) into the window, and a traded player must get the pace of the team the player plays for.
WITH opening AS (
    SELECT coalesce(min(game_date) FILTER (WHERE game_status = 3), min(game_date)) AS night
    FROM nbac_schedule
    WHERE is_regular_season
        AND is_all_star IS NOT TRUE
        AND game_date >= getvariable('season_start')
        AND game_date < getvariable('season_end')
),

games AS (
    SELECT box.team_abbr, box.game_date, box.pace, box.offensive_rating
    FROM team_offense_game_summary AS box, opening
    WHERE box.game_date >= opening.night
        AND box.game_date < getvariable('season_end')
    QUALIFY row_number() OVER (
            PARTITION BY box.team_abbr, box.game_date
            ORDER BY box.processed_at DESC NULLS LAST, box.data_hash DESC NULLS LAST
        ) = 1
),

form AS (
    SELECT
        team_abbr,
        game_date,
        count(*) OVER newest_10 AS games_found,
        avg(pace) OVER newest_10 AS pace,
        avg(offensive_rating) OVER newest_10 AS rating
    FROM games
    WINDOW newest_10 AS (PARTITION BY team_abbr ORDER BY game_date ROWS 9 PRECEDING)
),

by_team AS (
    SELECT DISTINCT
        staged.cache_date,
        context.team_abbr,
        staged.source_team_offense_rows_found,
        staged.team_pace_last_10,
        staged.team_off_rating_last_10
    FROM player_daily_cache AS staged
    INNER JOIN upcoming_player_game_context AS context
        ON context.player_lookup = staged.player_lookup
        AND context.game_date = staged.cache_date
        AND context.data_hash = staged.source_upcoming_context_hash
    WHERE getvariable('rules') = 'corrected'
)

SELECT
    by_team.cache_date,
    by_team.team_abbr,
    by_team.source_team_offense_rows_found,
    form.games_found,
    by_team.team_pace_last_10,
    form.pace,
    by_team.team_off_rating_last_10,
    form.rating
FROM by_team
ASOF LEFT JOIN form
    ON form.team_abbr = by_team.team_abbr AND form.game_date < by_team.cache_date
WHERE by_team.source_team_offense_rows_found IS DISTINCT FROM coalesce(form.games_found, 0)
    OR (by_team.team_pace_last_10 IS NULL) <> (form.pace IS NULL)
    OR abs(by_team.team_pace_last_10 - form.pace) > 0.0501
    OR (by_team.team_off_rating_last_10 IS NULL) <> (form.rating IS NULL)
    OR abs(by_team.team_off_rating_last_10 - form.rating) > 0.0051
