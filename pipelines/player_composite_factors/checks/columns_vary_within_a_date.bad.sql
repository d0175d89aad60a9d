-- A date on which the pace of no team was known, among the bigger ones.
UPDATE player_composite_factors
SET pace_score = 0.0
WHERE game_date = (
        SELECT max(game_date) FROM (
            SELECT game_date FROM player_composite_factors GROUP BY game_date HAVING count(*) >= 40
        )
    )
