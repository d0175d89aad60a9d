-- The difference of an unknown usage.
UPDATE player_composite_factors
SET usage_context_json = replace(usage_context_json, '"usage_differential": ', '"usage_differential": NaN, "was": ')
WHERE (game_date, player_lookup) = (SELECT max((game_date, player_lookup)) FROM player_composite_factors)
