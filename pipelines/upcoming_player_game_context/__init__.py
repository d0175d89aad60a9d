"""What was known of each player before his game, pulled from the warehouse."""
