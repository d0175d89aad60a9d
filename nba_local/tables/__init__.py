"""What a table is: contracts, calendar, registry, fingerprints; values only, no disk."""
