-- Somebody who did not play in place of somebody who did.
UPDATE ml_feature_store_v2
SET player_lookup = 'thebenchwarmer'
WHERE (game_date, player_lookup) = (SELECT max((game_date, player_lookup)) FROM ml_feature_store_v2)
