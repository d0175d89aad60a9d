"""How a team defends the paint, mid-range and the three-point line."""
