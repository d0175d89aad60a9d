"""The command line: parse, one call, report."""
