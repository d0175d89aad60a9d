"""The numbers about a player that a model reads, and how far they can be trusted."""
