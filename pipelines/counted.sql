-- Which rows of the sources count under the rules `corrected`: games as they were played, box scores of such games that
-- can be. A1 to A6 are the numbers of the definitions. Shares no code with the tables: it is there to disagree.
-- Runs before the claims of a feature table where a claim below has found something, and before every oracle. It reads
-- `pulled_<table>`, the source tables as they were pulled, and makes their names again of the rows that count.
-- Variables: season, table_name and the bounds of the box scores.
-- when: played_games_are_final, final_games_have_a_score, box_scores_have_a_game, a_game_has_one_date,
--       rows_have_a_game, numbers_are_possible, a_team_has_one_result, a_lookup_is_one_person, blank_rows_are_rare,
--       copies_are_told_apart, league_games_are_between_the_30, league_games_can_be
CREATE TABLE codes AS
SELECT unnest([
    'ATL', 'BOS', 'BKN', 'CHA', 'CHI', 'CLE', 'DAL', 'DEN', 'DET', 'GSW', 'HOU', 'IND', 'LAC', 'LAL', 'MEM',
    'MIA', 'MIL', 'MIN', 'NOP', 'NYK', 'OKC', 'ORL', 'PHI', 'PHX', 'POR', 'SAC', 'SAS', 'TOR', 'UTA', 'WAS'
]) AS team;

-- I1, A3: league games of the season, which is the schedule's own; by October where it does not say. I3, A6: one row per
-- game, of copies the newest, then the one of the greatest hash, then the greatest by all columns. M3: the play-in is no
-- playoff.
CREATE TABLE called AS
SELECT
    game_id,
    game_date,
    home_team_tricode AS home,
    away_team_tricode AS away,
    game_status,
    game_status = 3 AND home_team_score IS NOT NULL AND away_team_score IS NOT NULL AS has_ended,
    is_regular_season,
    is_playoffs IS TRUE AND playoff_round IS DISTINCT FROM 'play_in' AS is_playoff_game
FROM (SELECT *, row_number() OVER () AS place FROM (FROM pulled_nbac_schedule ORDER BY ALL DESC NULLS LAST))
WHERE coalesce(season_year, year(game_date) - CASE WHEN month(game_date) < 10 THEN 1 ELSE 0 END)
    = getvariable('season')
    AND home_team_tricode IN (FROM codes)
    AND away_team_tricode IN (FROM codes)
    AND home_team_tricode <> away_team_tricode
    AND (is_regular_season IS TRUE OR is_playoffs IS TRUE)
    AND is_all_star IS NOT TRUE
QUALIFY row_number() OVER (
    PARTITION BY game_id ORDER BY processed_at DESC NULLS LAST, data_hash DESC NULLS LAST, place
) = 1;

-- A1: the date that the id of a row tells: through the schedule, or by its first eight digits where its team has a game
-- on that date.
CREATE TABLE sides AS
SELECT DISTINCT game_date, unnest([home, away]) AS team FROM called;

CREATE MACRO told_date(id, side) AS coalesce(
    (SELECT called.game_date FROM called WHERE called.game_id = id),
    (
        SELECT sides.game_date FROM sides
        WHERE sides.team = side
            AND sides.game_date = CAST(try_strptime(CASE WHEN id[9] = '_' THEN left(id, 8) END, '%Y%m%d') AS DATE)
    )
);

-- I3, A6: rows that lie there more than once. Their place is that in the order of all columns, the greatest first.
CREATE TABLE copies_of_players AS
SELECT player_lookup, game_date FROM pulled_player_game_summary GROUP BY ALL HAVING count(*) > 1;

CREATE TABLE copies_of_contexts AS
SELECT player_lookup, game_date FROM pulled_upcoming_player_game_context GROUP BY ALL HAVING count(*) > 1;

-- A4: rows that cannot be. A5: rows with neither minutes nor anything else.
CREATE TABLE player_rows AS
SELECT
    *,
    coalesce(told_date(game_id, team_abbr), game_date) = game_date AS is_of_its_date,
    coalesce(
        least(
            points, assists, offensive_rebounds, defensive_rebounds, steals, blocks, turnovers, personal_fouls,
            paint_blocks, mid_range_blocks, three_pt_blocks, and1_count, assisted_fg_makes, unassisted_fg_makes,
            fg_attempts, fg_makes, three_pt_attempts, three_pt_makes, ft_attempts, ft_makes, paint_attempts,
            paint_makes, mid_range_attempts, mid_range_makes, minutes_played
        ),
        0
    ) AS lowest,
    coalesce(
        greatest(
            points, assists, offensive_rebounds, defensive_rebounds, steals, blocks, turnovers, personal_fouls,
            paint_blocks, mid_range_blocks, three_pt_blocks, and1_count, assisted_fg_makes, unassisted_fg_makes,
            fg_attempts, fg_makes, three_pt_attempts, three_pt_makes, ft_attempts, ft_makes, paint_attempts,
            paint_makes, mid_range_attempts, mid_range_makes
        ),
        0
    ) AS highest,
    coalesce(
        minutes_played > getvariable('max_minutes')
        OR fg_makes > fg_attempts
        OR three_pt_makes > three_pt_attempts
        OR ft_makes > ft_attempts
        OR paint_makes > paint_attempts
        OR mid_range_makes > mid_range_attempts
        OR greatest(assisted_fg_makes, unassisted_fg_makes) > fg_makes
        OR abs(paint_attempts + mid_range_attempts + three_pt_attempts - fg_attempts) > getvariable('zone_tolerance'),
        FALSE
    ) AS contradicts_itself
FROM (
    SELECT *, 0 AS place
    FROM pulled_player_game_summary
    ANTI JOIN copies_of_players USING (player_lookup, game_date)
    UNION ALL
    SELECT *, row_number() OVER () AS place
    FROM (
        FROM pulled_player_game_summary
        SEMI JOIN copies_of_players USING (player_lookup, game_date)
        ORDER BY ALL DESC NULLS LAST
    )
)
WHERE team_abbr IN (FROM codes) AND trim(player_lookup) <> '';

-- A5: dates on which such rows are no appearances of seconds but a flood.
CREATE TABLE flooded AS
SELECT game_date
FROM player_rows
GROUP BY game_date
HAVING count(DISTINCT CASE WHEN lowest = 0 AND highest = 0 AND coalesce(minutes_played, 0) = 0 THEN player_lookup END)
    >= getvariable('blank_rows')
    AND count(DISTINCT CASE WHEN lowest = 0 AND highest = 0 AND coalesce(minutes_played, 0) = 0 THEN player_lookup END)
    * 100 > getvariable('blank_percent') * count(DISTINCT player_lookup)
    -- where most of the other players have no minutes either, the table does not know them
    AND 2 * count(DISTINCT CASE WHEN (lowest <> 0 OR highest <> 0) AND minutes_played IS NOT NULL THEN player_lookup END)
    >= count(DISTINCT CASE WHEN lowest <> 0 OR highest <> 0 OR coalesce(minutes_played, 0) <> 0 THEN player_lookup END);

-- A4: dates on which a lookup has an id that is not its own: that of more than three quarters of its dates so far.
CREATE MACRO shared_lookups(rows_of) AS TABLE
SELECT DISTINCT player_lookup, game_date
FROM (
    SELECT
        player_lookup,
        game_date,
        count(*) OVER (PARTITION BY player_lookup, universal_player_id ORDER BY game_date) AS own,
        count(*) OVER (PARTITION BY player_lookup ORDER BY game_date) AS known
    FROM (
        SELECT DISTINCT player_lookup, game_date, universal_player_id
        FROM query_table(rows_of)
        WHERE universal_player_id IS NOT NULL AND team_abbr IN (FROM codes)
    )
)
WHERE own * 4 <= known * 3;

CREATE VIEW players_present AS
SELECT games.*
FROM player_rows AS games
LEFT JOIN flooded ON flooded.game_date = games.game_date
WHERE flooded.game_date IS NULL
    OR games.lowest <> 0 OR games.highest <> 0 OR coalesce(games.minutes_played, 0) <> 0;

CREATE VIEW players_told AS
SELECT
    games.*,
    games.lowest >= 0
    AND games.highest <= getvariable('max_points')
    AND NOT games.contradicts_itself
    AND shared.player_lookup IS NULL AS is_possible
FROM players_present AS games
LEFT JOIN shared_lookups('players_present') AS shared
    ON shared.player_lookup = games.player_lookup AND shared.game_date = games.game_date;

-- The same of teams: what each did, and what it allowed.
CREATE TABLE offense_told AS
SELECT
    *,
    coalesce(told_date(game_id, team_abbr), game_date) = game_date AS is_of_its_date,
    NOT coalesce(
        least(
            points_scored, points_in_paint_scored, rebounds, assists, turnovers, personal_fouls, fg_attempts, fg_makes,
            three_pt_attempts, three_pt_makes, ft_attempts, ft_makes, team_paint_attempts, team_paint_makes,
            team_mid_range_attempts, team_mid_range_makes
        ) < 0
        OR greatest(
            points_scored, points_in_paint_scored, rebounds, assists, turnovers, personal_fouls, fg_attempts, fg_makes,
            three_pt_attempts, three_pt_makes, ft_attempts, ft_makes, team_paint_attempts, team_paint_makes,
            team_mid_range_attempts, team_mid_range_makes
        ) > getvariable('max_team_points')
        OR fg_makes > fg_attempts
        OR three_pt_makes > three_pt_attempts
        OR ft_makes > ft_attempts
        OR team_paint_makes > team_paint_attempts
        OR team_mid_range_makes > team_mid_range_attempts
        OR abs(team_paint_attempts + team_mid_range_attempts + three_pt_attempts - fg_attempts)
        > getvariable('zone_tolerance'),
        FALSE
    )
    AND count(DISTINCT win_flag) OVER (PARTITION BY team_abbr, game_date) < 2 AS is_possible, -- won and lost
    row_number() OVER () AS place
FROM (FROM pulled_team_offense_game_summary WHERE team_abbr IN (FROM codes) ORDER BY ALL DESC NULLS LAST);

CREATE TABLE defense_told AS
SELECT
    *,
    coalesce(told_date(game_id, defending_team_abbr), game_date) = game_date AS is_of_its_date,
    NOT coalesce(
        least(
            points_allowed, points_in_paint_allowed, mid_range_points_allowed, three_pt_points_allowed, blocks_paint,
            blocks_mid_range, blocks_three_pt, opp_fg_attempts, opp_fg_makes, opp_three_pt_attempts, opp_three_pt_makes,
            opp_ft_attempts, opp_ft_makes, opp_paint_attempts, opp_paint_makes, opp_mid_range_attempts,
            opp_mid_range_makes
        ) < 0
        OR greatest(
            points_allowed, points_in_paint_allowed, mid_range_points_allowed, three_pt_points_allowed, blocks_paint,
            blocks_mid_range, blocks_three_pt, opp_fg_attempts, opp_fg_makes, opp_three_pt_attempts, opp_three_pt_makes,
            opp_ft_attempts, opp_ft_makes, opp_paint_attempts, opp_paint_makes, opp_mid_range_attempts,
            opp_mid_range_makes
        ) > getvariable('max_team_points')
        OR opp_fg_makes > opp_fg_attempts
        OR opp_three_pt_makes > opp_three_pt_attempts
        OR opp_ft_makes > opp_ft_attempts
        OR opp_paint_makes > opp_paint_attempts
        OR opp_mid_range_makes > opp_mid_range_attempts
        OR abs(opp_paint_attempts + opp_mid_range_attempts + opp_three_pt_attempts - opp_fg_attempts)
        > getvariable('zone_tolerance'),
        FALSE
    ) AS is_possible,
    row_number() OVER () AS place
FROM (FROM pulled_team_defense_game_summary WHERE defending_team_abbr IN (FROM codes) ORDER BY ALL DESC NULLS LAST);

-- A2: teams with box scores by date: those of the table that the features are made of.
CREATE TABLE opponents AS
SELECT DISTINCT team_abbr AS team, opponent_team_abbr AS opponent, game_date
FROM players_told
WHERE is_possible AND is_of_its_date AND getvariable('table_name') <> 'team_defense_zone_analysis'
UNION
SELECT DISTINCT defending_team_abbr AS team, opponent_team_abbr AS opponent, game_date
FROM defense_told
WHERE is_possible AND is_of_its_date AND getvariable('table_name') = 'team_defense_zone_analysis';

CREATE TABLE there AS
SELECT DISTINCT team, game_date FROM opponents;

-- A2: played is what has ended with a score or has box scores of both teams. What is called final and has neither is
-- unknown, and no game.
CREATE TABLE league AS
SELECT
    called.* EXCLUDE (has_ended),
    coalesce(called.has_ended, FALSE) OR (home.team IS NOT NULL AND away.team IS NOT NULL) AS is_played
FROM called
LEFT JOIN there AS home ON home.team = called.home AND home.game_date = called.game_date
LEFT JOIN there AS away ON away.team = called.away AND away.game_date = called.game_date
WHERE called.has_ended
    OR (home.team IS NOT NULL AND away.team IS NOT NULL)
    OR called.game_status IS DISTINCT FROM 3;

-- A1, A2: opponents with box scores of a game that the schedule does not hold, but on dates with an exhibition. A game
-- without two teams of its own, or of which nobody says whether it is of the league, is none that it holds.
CREATE TABLE held AS
SELECT *
FROM (
    SELECT game_date, home_team_tricode, away_team_tricode, is_regular_season, is_playoffs, is_all_star
    FROM (SELECT *, row_number() OVER () AS place FROM (FROM pulled_nbac_schedule ORDER BY ALL DESC NULLS LAST))
    QUALIFY game_id IS NULL OR row_number() OVER (
        PARTITION BY game_id ORDER BY processed_at DESC NULLS LAST, data_hash DESC NULLS LAST, place
    ) = 1
)
WHERE home_team_tricode <> away_team_tricode AND (is_regular_season OR is_playoffs OR is_all_star) IS NOT NULL;

CREATE TABLE held_sides AS
SELECT DISTINCT game_date, unnest([home_team_tricode, away_team_tricode]) AS team FROM held;

CREATE TABLE unscheduled AS
SELECT DISTINCT own.team, own.game_date
FROM opponents AS own
INNER JOIN opponents AS other
    ON other.game_date = own.game_date AND other.team = own.opponent AND other.opponent = own.team
ANTI JOIN held_sides AS sides ON sides.game_date = own.game_date AND sides.team IN (own.team, own.opponent)
ANTI JOIN (
    SELECT game_date FROM held
    WHERE NOT (home_team_tricode IN (FROM codes) AND away_team_tricode IN (FROM codes))
        AND (NOT (is_regular_season OR is_playoffs) OR is_all_star)
) AS exhibitions ON exhibitions.game_date = own.game_date;

CREATE TABLE played AS
SELECT home AS team, game_date FROM league WHERE is_played
UNION
SELECT away AS team, game_date FROM league WHERE is_played;

CREATE TABLE nbac_schedule AS
SELECT pulled.* REPLACE (CASE WHEN league.is_played THEN 3 ELSE pulled.game_status END AS game_status)
FROM pulled_nbac_schedule AS pulled
LEFT JOIN league ON league.game_id = pulled.game_id
LEFT JOIN called ON called.game_id = pulled.game_id
WHERE league.game_id IS NOT NULL OR called.game_id IS NULL; -- else called final, and unknown

-- I3, A6: one row per entity and date.
CREATE VIEW player_game_summary AS
SELECT games.* EXCLUDE (place, lowest, highest, contradicts_itself, is_of_its_date, is_possible)
FROM players_told AS games
SEMI JOIN played ON played.team = games.team_abbr AND played.game_date = games.game_date
WHERE games.is_possible AND games.is_of_its_date
QUALIFY row_number() OVER (
    PARTITION BY games.player_lookup, games.game_date
    ORDER BY games.processed_at DESC NULLS LAST, games.data_hash DESC NULLS LAST, games.place
) = 1;

CREATE VIEW team_offense_game_summary AS
SELECT games.* EXCLUDE (place, is_of_its_date, is_possible)
FROM offense_told AS games
SEMI JOIN played ON played.team = games.team_abbr AND played.game_date = games.game_date
WHERE games.is_possible AND games.is_of_its_date
QUALIFY row_number() OVER (
    PARTITION BY games.team_abbr, games.game_date
    ORDER BY games.processed_at DESC NULLS LAST, games.data_hash DESC NULLS LAST, games.place
) = 1;

CREATE VIEW team_defense_game_summary AS
SELECT games.* EXCLUDE (place, is_of_its_date, is_possible)
FROM defense_told AS games
SEMI JOIN played ON played.team = games.defending_team_abbr AND played.game_date = games.game_date
WHERE games.is_possible AND games.is_of_its_date
QUALIFY row_number() OVER (
    PARTITION BY games.defending_team_abbr, games.game_date
    ORDER BY games.processed_at DESC NULLS LAST, games.data_hash DESC NULLS LAST, games.place
) = 1;

-- Two teams that list a player are copies too; two people under one lookup are not listed (A4).
CREATE VIEW upcoming_player_game_context AS
SELECT context.* EXCLUDE (place)
FROM (
    SELECT *, 0 AS place
    FROM pulled_upcoming_player_game_context
    ANTI JOIN copies_of_contexts USING (player_lookup, game_date)
    UNION ALL
    SELECT *, row_number() OVER () AS place
    FROM (
        FROM pulled_upcoming_player_game_context
        SEMI JOIN copies_of_contexts USING (player_lookup, game_date)
        ORDER BY ALL DESC NULLS LAST
    )
) AS context
ANTI JOIN shared_lookups('pulled_upcoming_player_game_context') AS shared
    ON shared.player_lookup = context.player_lookup AND shared.game_date = context.game_date
WHERE context.team_abbr IN (FROM codes) AND trim(context.player_lookup) <> ''
QUALIFY row_number() OVER (
    PARTITION BY context.player_lookup, context.game_date
    ORDER BY context.processed_at DESC NULLS LAST, context.data_hash DESC NULLS LAST, context.place
) = 1;

CREATE VIEW upcoming_team_game_context AS
SELECT context.* EXCLUDE (place)
FROM (
    SELECT *, row_number() OVER () AS place
    FROM (FROM pulled_upcoming_team_game_context WHERE team_abbr IN (FROM codes) ORDER BY ALL DESC NULLS LAST)
) AS context
QUALIFY row_number() OVER (
    PARTITION BY context.team_abbr, context.game_date
    ORDER BY context.processed_at DESC NULLS LAST, context.data_hash DESC NULLS LAST, context.place
) = 1;
