"""The verbs as one call each: open what is needed, return a value."""
