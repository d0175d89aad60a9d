-- No feature and no percentage is NaN, infinite or NULL within the array.
-- severity: block
-- why: NaN passed the test "is not None" until February 2026, and was stored; a model fails on it, or worse, does not.
--      An unknown input has a default, so that a feature always has a value. (A sum over NaN is NaN, one over NULL is
--      not.)
SELECT player_lookup, game_date, features, completeness_percentage
FROM ml_feature_store_v2
WHERE features IS NULL
    OR list_count(features) <> len(features)
    OR NOT isfinite(list_sum(features))
    OR NOT isfinite(completeness_percentage)
