-- The share of shots conceded in a zone lies between 0 and 1.
-- severity: block
-- why: makes and attempts summed over different games gave shares above 1; a percentage (58.0) is the wrong unit.
SELECT team_abbr, analysis_date, paint_pct_allowed_last_15, mid_range_pct_allowed_last_15, three_pt_pct_allowed_last_15
FROM team_defense_zone_analysis
WHERE paint_pct_allowed_last_15 NOT BETWEEN 0 AND 1
    OR mid_range_pct_allowed_last_15 NOT BETWEEN 0 AND 1
    OR three_pt_pct_allowed_last_15 NOT BETWEEN 0 AND 1
