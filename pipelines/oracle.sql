-- What the oracles of the tables share: teams, calendar, box scores and who is listed. Run before each `oracle.sql`.
-- Rule set `corrected`; I1, W3, ... are the numbers of its definitions. Shares no code with the tables: it is there to
-- disagree.
-- Reads: the source tables, as pulled, one season of them.
-- Variables: season, bootstrap_days and the other settings of the table, today (DATE or NULL).
CREATE TEMP TABLE codes AS
SELECT unnest([
    'ATL', 'BOS', 'BKN', 'CHA', 'CHI', 'CLE', 'DAL', 'DEN', 'DET', 'GSW', 'HOU', 'IND', 'LAC', 'LAL', 'MEM',
    'MIA', 'MIL', 'MIN', 'NOP', 'NYK', 'OKC', 'ORL', 'PHI', 'PHX', 'POR', 'SAC', 'SAS', 'TOR', 'UTA', 'WAS'
]) AS team;

CREATE TEMP TABLE season AS
SELECT
    make_date(getvariable('season'), 7, 1) AS first_day,
    make_date(getvariable('season') + 1, 7, 1) AS first_day_after;

-- I1: games between two of the 30 that count; I3: one row per game. M3: the play-in is no playoff.
CREATE TEMP TABLE league AS
SELECT
    game_date,
    home_team_tricode AS home,
    away_team_tricode AS away,
    game_status,
    is_regular_season,
    is_playoffs IS TRUE AND playoff_round IS DISTINCT FROM 'play_in' AS is_playoff_game
FROM nbac_schedule
WHERE game_date >= (SELECT first_day FROM season)
    AND game_date < (SELECT first_day_after FROM season)
    AND home_team_tricode IN (SELECT team FROM codes)
    AND away_team_tricode IN (SELECT team FROM codes)
    AND (is_regular_season IS TRUE OR is_playoffs IS TRUE)
    AND is_all_star IS NOT TRUE
QUALIFY row_number() OVER (
    PARTITION BY game_id ORDER BY processed_at DESC NULLS LAST, data_hash DESC NULLS LAST
) = 1;

-- I2: the season opens with its first final game; before any is final, with its first game.
CREATE TEMP TABLE opening AS
SELECT coalesce(min(game_date) FILTER (WHERE game_status = 3), min(game_date)) AS night
FROM league
WHERE is_regular_season;

-- I4, W3: game dates outside the bootstrap days. A past game that is not final was postponed. I5: a date is over when
-- all others are final.
CREATE TEMP TABLE calendar AS
SELECT league.game_date, bool_and(coalesce(league.game_status = 3, FALSE)) AS is_over
FROM league, opening
WHERE (
        league.game_status = 3
        OR CAST(getvariable('today') AS DATE) IS NULL
        OR league.game_date >= CAST(getvariable('today') AS DATE)
    )
    AND NOT league.game_date - opening.night BETWEEN 0 AND getvariable('bootstrap_days') - 1
GROUP BY league.game_date;

-- C1: what is due is a date on which the team played a league game to the end.
CREATE TEMP TABLE final_dates AS
SELECT home AS team, game_date FROM league, opening WHERE game_status = 3 AND game_date >= night
UNION
SELECT away AS team, game_date FROM league, opening WHERE game_status = 3 AND game_date >= night;

-- I1, I3, W1: one box score per player and date, from opening night on.
CREATE TEMP VIEW box AS
SELECT games.player_lookup AS player, games.team_abbr AS team, games.opponent_team_abbr AS opponent, games.*
FROM player_game_summary AS games, opening
WHERE games.team_abbr IN (SELECT team FROM codes)
    AND games.game_date >= opening.night
    AND games.game_date < (SELECT first_day_after FROM season)
QUALIFY row_number() OVER (
    PARTITION BY games.player_lookup, games.game_date
    ORDER BY games.processed_at DESC NULLS LAST, games.data_hash DESC NULLS LAST
) = 1;

-- The same of teams: what each did, and what it allowed.
CREATE TEMP VIEW offense AS
SELECT games.team_abbr AS team, games.*
FROM team_offense_game_summary AS games, opening
WHERE games.team_abbr IN (SELECT team FROM codes)
    AND games.game_date >= opening.night
    AND games.game_date < (SELECT first_day_after FROM season)
QUALIFY row_number() OVER (
    PARTITION BY games.team_abbr, games.game_date
    ORDER BY games.processed_at DESC NULLS LAST, games.data_hash DESC NULLS LAST
) = 1;

CREATE TEMP VIEW defense AS
SELECT games.defending_team_abbr AS team, games.*
FROM team_defense_game_summary AS games, opening
WHERE games.defending_team_abbr IN (SELECT team FROM codes)
    AND games.game_date >= opening.night
    AND games.game_date < (SELECT first_day_after FROM season)
QUALIFY row_number() OVER (
    PARTITION BY games.defending_team_abbr, games.game_date
    ORDER BY games.processed_at DESC NULLS LAST, games.data_hash DESC NULLS LAST
) = 1;

-- D1, F1: who is listed on a date of the calendar. Two teams that list a player are copies too (I3).
CREATE TEMP VIEW listed AS
SELECT context.player_lookup AS player, context.team_abbr AS team, context.opponent_team_abbr AS opponent, context.*
FROM upcoming_player_game_context AS context
INNER JOIN calendar ON calendar.game_date = context.game_date
WHERE context.team_abbr IN (SELECT team FROM codes)
QUALIFY row_number() OVER (
    PARTITION BY context.player_lookup, context.game_date
    ORDER BY context.processed_at DESC NULLS LAST, context.data_hash DESC NULLS LAST
) = 1;

CREATE TEMP VIEW players AS
SELECT player, min(game_date) AS first_date, arg_min(team, game_date) AS first_team
FROM box
GROUP BY player;

-- C3: the team of a player on each date: that of the newest box score up to it, before the first one that of the first.
-- Every row before D is older than every row on or after D, so for a player with a row before D this does not depend on
-- D.
CREATE TEMP VIEW teams_on_dates AS
SELECT dates.player, dates.game_date, coalesce(box.team, dates.first_team) AS team
FROM (players CROSS JOIN (SELECT DISTINCT game_date FROM final_dates) AS days) AS dates
ASOF LEFT JOIN box ON box.player = dates.player AND dates.game_date >= box.game_date;
