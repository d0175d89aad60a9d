"""From published rows to a warehouse, and back."""
