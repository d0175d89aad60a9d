"""From the warehouse to monthly Parquet files."""
