-- All five inputs, and one of them missing.
UPDATE player_composite_factors
SET data_completeness_pct = 100, missing_data_fields = 'projected_usage_rate'
WHERE (game_date, player_lookup) = (SELECT max((game_date, player_lookup)) FROM player_composite_factors)
