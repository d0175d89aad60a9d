-- Every final game of the league has the scores of both teams.
-- severity: warn
-- why: the feed calls postponed games final. Without a score such a game counts only where box scores of both teams are
--      there; otherwise nothing is due of it.
SELECT game_date, game_id, away_team_tricode, home_team_tricode, away_team_score, home_team_score
FROM nbac_schedule
WHERE game_status = 3
    AND (is_regular_season OR is_playoffs)
    AND is_all_star IS NOT TRUE
    AND (home_team_score IS NULL OR away_team_score IS NULL)
