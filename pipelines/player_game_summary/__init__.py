"""Box scores of players, pulled from the warehouse."""
