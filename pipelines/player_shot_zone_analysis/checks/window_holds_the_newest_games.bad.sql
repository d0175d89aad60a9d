-- Every sample one game longer, as with `game_date <= analysis_date`.
UPDATE player_shot_zone_analysis
SET games_in_sample_20 = games_in_sample_20 + 1
