"""What teams allowed their opponents, pulled from the warehouse."""
