-- The strongest zone has the lowest value against the league, the weakest the highest.
-- severity: block
-- why: the labels are chosen from the same three numbers; a sign turned round would send every mismatch the wrong way.
WITH labelled AS (
    SELECT
        *,
        CASE strongest_zone
            WHEN 'paint' THEN paint_defense_vs_league_avg
            WHEN 'mid_range' THEN mid_range_defense_vs_league_avg
            WHEN 'perimeter' THEN three_pt_defense_vs_league_avg
        END AS strongest_value,
        CASE weakest_zone
            WHEN 'paint' THEN paint_defense_vs_league_avg
            WHEN 'mid_range' THEN mid_range_defense_vs_league_avg
            WHEN 'perimeter' THEN three_pt_defense_vs_league_avg
        END AS weakest_value
    FROM team_defense_zone_analysis
)

SELECT
    team_abbr,
    analysis_date,
    strongest_zone,
    weakest_zone,
    paint_defense_vs_league_avg,
    mid_range_defense_vs_league_avg,
    three_pt_defense_vs_league_avg
FROM labelled
WHERE (strongest_zone IS NULL) <> (strongest_value IS NULL)
    OR (weakest_zone IS NULL) <> (weakest_value IS NULL)
    OR strongest_value IS DISTINCT FROM
    least(paint_defense_vs_league_avg, mid_range_defense_vs_league_avg, three_pt_defense_vs_league_avg)
    OR weakest_value IS DISTINCT FROM
    greatest(paint_defense_vs_league_avg, mid_range_defense_vs_league_avg, three_pt_defense_vs_league_avg)
