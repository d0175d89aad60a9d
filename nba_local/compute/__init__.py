"""From raw rows to published rows: plan, compute, check, publish."""
