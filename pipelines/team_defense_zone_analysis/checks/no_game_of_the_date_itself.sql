-- No row knows the game of its own date.
-- severity: block
-- why: production read `game_date <= D`, so the result to be predicted was among its own features. A window that holds
--      the game of D is stamped when that game was written, and no game before D carries that stamp. (The stamp of a
--      game played on D is later than noon UTC of D, breakfast in the east: a cheap test that spares most of the join.)
SELECT
    staged.team_abbr,
    staged.analysis_date,
    staged.source_team_defense_last_updated,
    own.processed_at AS own_game_written_at
FROM team_defense_zone_analysis AS staged
INNER JOIN team_defense_game_summary AS own
    ON own.defending_team_abbr = staged.team_abbr AND own.game_date = staged.analysis_date
WHERE getvariable('rules') = 'corrected'
    AND epoch(staged.source_team_defense_last_updated) > epoch(staged.analysis_date) + 12 * 3600
    AND staged.source_team_defense_last_updated >= own.processed_at
    AND NOT EXISTS (
        SELECT 1
        FROM team_defense_game_summary AS earlier
        WHERE earlier.defending_team_abbr = staged.team_abbr
            AND earlier.game_date < staged.analysis_date
            AND earlier.processed_at = staged.source_team_defense_last_updated
    )
