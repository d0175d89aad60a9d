-- One team without known shots in the paint.
UPDATE team_defense_zone_analysis
SET paint_pct_allowed_last_15 = NULL, paint_defense_vs_league_avg = NULL
WHERE (analysis_date, team_abbr) IN (
        SELECT (analysis_date, team_abbr) FROM team_defense_zone_analysis ORDER BY analysis_date DESC, team_abbr LIMIT 1
    )
