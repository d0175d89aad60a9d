-- Strongest and weakest exchanged where they differ.
UPDATE team_defense_zone_analysis
SET strongest_zone = weakest_zone, weakest_zone = strongest_zone
WHERE (analysis_date, team_abbr) IN (
        SELECT (analysis_date, team_abbr) FROM team_defense_zone_analysis
        WHERE strongest_zone <> weakest_zone
            AND greatest(paint_defense_vs_league_avg, mid_range_defense_vs_league_avg, three_pt_defense_vs_league_avg)
            > least(paint_defense_vs_league_avg, mid_range_defense_vs_league_avg, three_pt_defense_vs_league_avg)
        ORDER BY analysis_date DESC, team_abbr
        LIMIT 1
    )
