-- The sample is the team's newest games before the date, each once, at most 15.
-- severity: block
-- why: "15 games" were 15 rows of about four games when the team summaries were stored four times; and a window that
--      takes in the game of the date itself, or of last season, counts one too many.
WITH opening AS (
    SELECT coalesce(min(game_date) FILTER (WHERE game_status = 3), min(game_date)) AS night
    FROM nbac_schedule
    WHERE is_regular_season
        AND is_all_star IS NOT TRUE
        AND game_date >= make_date(getvariable('season'), 7, 1)
        AND game_date < make_date(getvariable('season') + 1, 7, 1)
),

-- The dates of each team's games in order. Copies are no games.
games AS (
    SELECT box.defending_team_abbr, list_sort(list_distinct(list(box.game_date))) AS dates
    FROM team_defense_game_summary AS box, opening
    WHERE box.game_date >= opening.night
        AND box.game_date < make_date(getvariable('season') + 1, 7, 1)
    GROUP BY box.defending_team_abbr
)

-- With n games in the sample the nth is over, and the next one is not unless the window is full.
SELECT
    staged.team_abbr,
    staged.analysis_date,
    staged.games_in_sample,
    games.dates[staged.games_in_sample] AS nth_game,
    games.dates[staged.games_in_sample + 1] AS game_after_it
FROM team_defense_zone_analysis AS staged
LEFT JOIN games ON games.defending_team_abbr = staged.team_abbr
WHERE getvariable('rules') = 'corrected'
    AND (
        nth_game IS NULL
        OR nth_game >= staged.analysis_date
        OR (staged.games_in_sample < 15 AND game_after_it < staged.analysis_date)
    )
