-- The share of wins is that of the player's team in its games before the date, 0.5 below five games.
-- severity: block
-- why: the team was not selected, so that this feature was 0.5 on every row until January 2026. In production it still
--      is, and has to be: a replica with another value is none.
WITH opening AS (
    SELECT coalesce(min(game_date) FILTER (WHERE game_status = 3), min(game_date)) AS night
    FROM nbac_schedule
    WHERE is_regular_season
        AND is_all_star IS NOT TRUE
        AND game_date >= getvariable('season_start')
        AND game_date < getvariable('season_end')
),

results AS (
    SELECT box.team_abbr, box.game_date, box.win_flag
    FROM team_offense_game_summary AS box, opening
    WHERE box.game_date >= opening.night
        AND box.game_date < getvariable('season_end')
    QUALIFY row_number() OVER (
            PARTITION BY box.team_abbr, box.game_date
            ORDER BY box.processed_at DESC NULLS LAST, box.data_hash DESC NULLS LAST
        ) = 1
),

records AS (
    SELECT
        team_abbr,
        game_date,
        count(*) OVER so_far AS games,
        count(*) FILTER (WHERE win_flag) OVER so_far / games AS share_won
    FROM results
    WHERE win_flag IS NOT NULL
    WINDOW so_far AS (PARTITION BY team_abbr ORDER BY game_date)
),

sides AS (
    SELECT
        game_date,
        unnest([home_team_tricode, away_team_tricode]) AS team_abbr,
        unnest([away_team_tricode, home_team_tricode]) AS opponent
    FROM nbac_schedule
    WHERE (is_regular_season OR is_playoffs) AND is_all_star IS NOT TRUE
),

by_team AS (
    SELECT staged.game_date, sides.team_abbr, staged.features[25] AS team_win_pct, count(*) AS players
    FROM ml_feature_store_v2 AS staged
    LEFT JOIN sides ON sides.game_date = staged.game_date AND sides.opponent = staged.opponent_team_abbr
    GROUP BY ALL
)

SELECT by_team.game_date, by_team.team_abbr, by_team.players, by_team.team_win_pct, records.games, records.share_won
FROM by_team
ASOF LEFT JOIN records
    ON records.team_abbr = by_team.team_abbr AND records.game_date < by_team.game_date
WHERE CASE
        WHEN getvariable('rules') = 'production' OR coalesce(records.games, 0) < 5 THEN by_team.team_win_pct <> 0.5
        ELSE abs(by_team.team_win_pct - records.share_won) > 1e-9
    END
