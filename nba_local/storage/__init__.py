"""The data folder: Parquet files, the SQLite ledger, locks, DuckDB connections."""
