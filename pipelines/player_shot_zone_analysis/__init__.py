"""Where a player shoots from and how well."""
