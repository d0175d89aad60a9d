"""A player's form, load and team before a game, ready to be looked up."""
