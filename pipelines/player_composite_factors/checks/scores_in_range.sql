-- Every score lies in the range its formula can reach.
-- severity: block
-- why: in January 2026 fatigue was 0 on every row of six days: a score nobody can have, since all penalties together
--      leave 35. The live validator allows 0-100 for fatigue, 10 for the mismatch and 5 for pace and usage; the
--      formulas are clamped to 10 and 3. The sum of their ends bounds the total.
SELECT
    player_lookup,
    game_date,
    fatigue_score,
    shot_zone_mismatch_score,
    pace_score,
    usage_spike_score,
    total_composite_adjustment
FROM player_composite_factors
WHERE fatigue_score IS NULL
    OR fatigue_score NOT BETWEEN 35 AND 100
    OR shot_zone_mismatch_score IS NULL
    OR shot_zone_mismatch_score NOT BETWEEN -10 AND 10
    OR pace_score IS NULL
    OR pace_score NOT BETWEEN -3 AND 3
    OR usage_spike_score IS NULL
    OR usage_spike_score NOT BETWEEN -3 AND 3
    OR total_composite_adjustment IS NULL
    OR total_composite_adjustment NOT BETWEEN -19.25 AND 16
