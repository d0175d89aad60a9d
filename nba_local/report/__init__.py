"""Results in words; the only printing."""
