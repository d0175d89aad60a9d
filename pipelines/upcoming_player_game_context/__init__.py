"""What was known of each player before their game, pulled from the warehouse."""
