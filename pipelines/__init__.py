"""The basketball: source tables, feature tables, their rules and checks."""
