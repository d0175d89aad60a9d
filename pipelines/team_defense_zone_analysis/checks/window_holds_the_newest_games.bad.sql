-- Every sample one game longer, as with `game_date <= analysis_date`.
UPDATE team_defense_zone_analysis
SET games_in_sample = games_in_sample + 1
