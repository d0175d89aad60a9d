"""BigQuery: reading, pushing, schemas and errors. The only importer of google."""
