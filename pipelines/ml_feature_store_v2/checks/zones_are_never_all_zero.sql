-- Nobody's shots come from nowhere: the shares of the three zones are not all 0.
-- severity: block
-- why: on January 23 and 29, 2026 all zones were 0, because unknown shots counted as none. Unknown zones have the
--      defaults 0.30, 0.20 and 0.35; known ones add up to 1. (The live validator waits for more than five such rows.)
SELECT player_lookup, game_date, features[19] AS paint, features[20] AS mid_range, features[21] AS three
FROM ml_feature_store_v2
WHERE paint = 0 AND mid_range = 0 AND three = 0
