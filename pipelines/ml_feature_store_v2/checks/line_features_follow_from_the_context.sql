-- A line is the newest context's own, plausible for the player, and has_vegas_line says whether there is one.
-- severity: block
-- why: a snapshot taken during the game knows the points already scored; in-game odds stood for lines in 13,096 rows. A
--      line far above anything the player has scored, or far from where it opened, is none, and no default stands for it.
WITH used AS (
    SELECT
        player_lookup,
        game_date,
        features[list_position(feature_names, 'vegas_points_line')] AS line,
        features[list_position(feature_names, 'vegas_opening_line')] AS opening,
        features[list_position(feature_names, 'has_vegas_line')] AS has_line
    FROM ml_feature_store_v2
    WHERE list_has_any(feature_names, ['vegas_points_line', 'vegas_opening_line', 'has_vegas_line'])
),

context AS (
    SELECT player_lookup, game_date, current_points_line, opening_points_line
    FROM upcoming_player_game_context
    WHERE team_abbr IN (
        'ATL', 'BOS', 'BKN', 'CHA', 'CHI', 'CLE', 'DAL', 'DEN', 'DET', 'GSW', 'HOU', 'IND', 'LAC', 'LAL', 'MEM',
        'MIA', 'MIL', 'MIN', 'NOP', 'NYK', 'OKC', 'ORL', 'PHI', 'PHX', 'POR', 'SAC', 'SAS', 'TOR', 'UTA', 'WAS'
    )
        AND (player_lookup, game_date) IN (SELECT (used.player_lookup, used.game_date) FROM used)
    QUALIFY row_number() OVER (
        PARTITION BY player_lookup, game_date
        ORDER BY processed_at DESC NULLS LAST, data_hash DESC NULLS LAST
    ) = 1
),

scored AS (
    SELECT player_lookup, game_date, max(points) OVER so_far AS most, count(points) OVER so_far AS games
    FROM player_game_summary
    WHERE player_lookup IN (SELECT used.player_lookup FROM used)
    WINDOW so_far AS (PARTITION BY player_lookup ORDER BY game_date)
),

compared AS (
    SELECT used.*, context.current_points_line, context.opening_points_line
    FROM used
    LEFT JOIN context ON context.player_lookup = used.player_lookup AND context.game_date = used.game_date
)

SELECT compared.*, scored.most, scored.games
FROM compared
ASOF LEFT JOIN scored ON scored.player_lookup = compared.player_lookup AND scored.game_date < compared.game_date
WHERE has_line IS DISTINCT FROM CAST(line IS NOT NULL AS DOUBLE)
    OR (line IS NOT NULL AND line IS DISTINCT FROM CAST(current_points_line AS DOUBLE))
    OR (opening IS NOT NULL AND opening IS DISTINCT FROM CAST(opening_points_line AS DOUBLE))
    OR abs(line - opening_points_line) > 15
    OR (scored.games >= 5 AND greatest(line, opening) > 2 * scored.most + 10)
