"""The schedule of the league, pulled from the warehouse."""
