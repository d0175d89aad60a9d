"""What was known of each team before its game, pulled from the warehouse."""
