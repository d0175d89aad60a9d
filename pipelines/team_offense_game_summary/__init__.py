"""What teams did with the ball, pulled from the warehouse."""
