-- One opponent without a defense.
UPDATE player_composite_factors
SET missing_data_fields = 'projected_usage_rate, team_defense_zone', shot_zone_context_json = '{"missing_data": true}'
WHERE (game_date, player_lookup) = (SELECT max((game_date, player_lookup)) FROM player_composite_factors)
