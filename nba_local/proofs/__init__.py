"""What is proved by computing again: no leaks, warm-up, thresholds, agreement of two engines."""
