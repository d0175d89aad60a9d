-- Opponent, home and the order of teams in the game id (AWAY_HOME) are those of the schedule.
-- severity: warn
-- why: ids of the form HOME_AWAY occur in the team tables and join no box score; whoever reads home from the id is then
--      wrong half of the time. The schedule knows. (Ids of the league, ten digits, are what the daily run writes.)
WITH sides AS (
    SELECT
        game_date,
        strftime(game_date, '%Y%m%d') || '_' || away_team_tricode || '_' || home_team_tricode AS away_home,
        unnest([away_team_tricode, home_team_tricode]) AS opponent,
        unnest([TRUE, FALSE]) AS is_home
    FROM nbac_schedule
    WHERE (is_regular_season OR is_playoffs)
        AND game_date >= getvariable('season_start')
        AND game_date < getvariable('season_end')
)

SELECT
    staged.game_date,
    staged.player_lookup,
    staged.opponent_team_abbr,
    staged.game_id,
    sides.away_home,
    staged.is_home,
    sides.is_home AS home_by_schedule
FROM ml_feature_store_v2 AS staged
LEFT JOIN sides ON sides.game_date = staged.game_date AND sides.opponent = staged.opponent_team_abbr
WHERE sides.opponent IS NULL
    OR staged.is_home <> sides.is_home
    OR (contains(staged.game_id, '_') AND staged.game_id <> sides.away_home)
