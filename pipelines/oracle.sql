-- What the oracles of the tables share: calendar, box scores and who is listed. Run before each `oracle.sql`, and after
-- `counted.sql`, which says what counts.
-- Rule set `corrected`; I1, W3, ... are the numbers of its definitions. Shares no code with the tables: it is there to
-- disagree.
-- Reads: the source tables, of which `counted.sql` has left one row per entity and date that counts.
-- Variables: season, bootstrap_days and the other settings of the table, today (DATE or NULL).

-- I2: the season opens with its first game that was played; before any was, with its first game.
CREATE TEMP TABLE opening AS
SELECT coalesce(min(game_date) FILTER (WHERE is_played), min(game_date)) AS night
FROM league
WHERE is_regular_season;

-- I4, W3: game dates outside the bootstrap days. A past game that was neither played nor is in progress was postponed.
-- I5: a date is over when all others were played.
CREATE TEMP TABLE calendar AS
SELECT league.game_date, bool_and(league.is_played) AS is_over
FROM league, opening
WHERE (
        league.is_played
        OR league.game_status = 2
        OR CAST(getvariable('today') AS DATE) IS NULL
        OR league.game_date >= CAST(getvariable('today') AS DATE)
    )
    AND NOT league.game_date - opening.night BETWEEN 0 AND getvariable('bootstrap_days') - 1
GROUP BY league.game_date;

-- C1: what is due is a date on which the team played a league game to the end.
CREATE TEMP TABLE final_dates AS
SELECT home AS team, game_date FROM league, opening WHERE is_played AND game_date >= night
UNION
SELECT away AS team, game_date FROM league, opening WHERE is_played AND game_date >= night;

-- A1, A2: the games that the schedule has lost are due, too, and missing.
CREATE TEMP TABLE dates_due AS
FROM final_dates
UNION
SELECT team, game_date FROM unscheduled, opening WHERE game_date >= night;

-- W1: box scores since opening night, one per player and date.
CREATE TEMP VIEW box AS
SELECT games.player_lookup AS player, games.team_abbr AS team, games.opponent_team_abbr AS opponent, games.*
FROM player_game_summary AS games, opening
WHERE games.game_date >= opening.night;

-- A4: players whose box score of a game was set aside. It is due of them and missing, though others of the team are
-- there.
CREATE TEMP TABLE lost AS
SELECT DISTINCT games.player_lookup AS player, games.game_date
FROM players_told AS games
SEMI JOIN final_dates ON final_dates.team = games.team_abbr AND final_dates.game_date = games.game_date
ANTI JOIN box ON box.player = games.player_lookup AND box.game_date = games.game_date
WHERE NOT games.is_possible AND games.is_of_its_date;

-- The same of teams: what each did, and what it allowed.
CREATE TEMP VIEW offense AS
SELECT games.team_abbr AS team, games.*
FROM team_offense_game_summary AS games, opening
WHERE games.game_date >= opening.night;

CREATE TEMP VIEW defense AS
SELECT games.defending_team_abbr AS team, games.*
FROM team_defense_game_summary AS games, opening
WHERE games.game_date >= opening.night;

-- D1, F1: who is listed on a date of the calendar.
CREATE TEMP VIEW listed AS
SELECT context.player_lookup AS player, context.team_abbr AS team, context.opponent_team_abbr AS opponent, context.*
FROM upcoming_player_game_context AS context
INNER JOIN calendar ON calendar.game_date = context.game_date;

CREATE TEMP VIEW players AS
SELECT player, min(game_date) AS first_date, arg_min(team, game_date) AS first_team
FROM box
GROUP BY player;

-- C3: the team of a player on each date: that of the newest box score up to it, before the first one that of the first.
-- Every row before D is older than every row on or after D, so for a player with a row before D this does not depend on
-- D.
CREATE TEMP VIEW teams_on_dates AS
SELECT dates.player, dates.game_date, coalesce(box.team, dates.first_team) AS team
FROM (players CROSS JOIN (SELECT DISTINCT game_date FROM dates_due) AS days) AS dates
ASOF LEFT JOIN box ON box.player = dates.player AND dates.game_date >= box.game_date;
