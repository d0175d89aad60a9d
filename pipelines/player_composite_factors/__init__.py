"""How fatigue, shooting zones, pace and usage bear on a player's next game."""
