-- A date on which nobody is tired, among the bigger ones.
UPDATE ml_feature_store_v2
SET features = list_concat(features[1:5], [100.0], features[7:])
WHERE game_date = (
        SELECT max(game_date) FROM (
            SELECT game_date FROM ml_feature_store_v2 GROUP BY game_date HAVING count(*) >= 40
        )
    )
