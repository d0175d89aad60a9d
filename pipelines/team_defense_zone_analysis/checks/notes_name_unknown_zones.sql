-- The notes name exactly the zones whose share is unknown.
-- severity: block
-- why: the notes are the only place where a reader sees why a zone is empty; for months all said "No paint attempts".
SELECT
    team_abbr,
    analysis_date,
    paint_pct_allowed_last_15,
    mid_range_pct_allowed_last_15,
    three_pt_pct_allowed_last_15,
    calculation_notes
FROM team_defense_zone_analysis
WHERE coalesce(calculation_notes, '') <> concat_ws(
        '; ',
        CASE WHEN paint_pct_allowed_last_15 IS NULL THEN 'No paint attempts' END,
        CASE WHEN mid_range_pct_allowed_last_15 IS NULL THEN 'No mid-range attempts' END,
        CASE WHEN three_pt_pct_allowed_last_15 IS NULL THEN 'No three-point attempts' END
    )
