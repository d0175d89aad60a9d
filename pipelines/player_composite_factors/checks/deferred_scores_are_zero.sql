-- Referee, look-ahead, travel and opponent strength are 0.0: they are declared and not computed.
-- severity: block
-- why: opponent strength was 0 in 10,068 of 10,069 rows, and a validator that asks for more calls every row
--      contaminated. It is a constant, so any other value was put there by mistake; what the opponent's defense is
--      worth is in the mismatch.
SELECT
    player_lookup,
    game_date,
    referee_favorability_score,
    look_ahead_pressure_score,
    travel_impact_score,
    opponent_strength_score
FROM player_composite_factors
WHERE referee_favorability_score IS DISTINCT FROM 0
    OR look_ahead_pressure_score IS DISTINCT FROM 0
    OR travel_impact_score IS DISTINCT FROM 0
    OR opponent_strength_score IS DISTINCT FROM 0
