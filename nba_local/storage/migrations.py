"""Migrations: the tables of the ledger, version by version."""

VERSIONS = (
    """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE runs (
    run_id TEXT PRIMARY KEY, verb TEXT NOT NULL, started_at TEXT NOT NULL, finished_at TEXT,
    status TEXT NOT NULL, rules TEXT, arguments TEXT NOT NULL, result TEXT
) STRICT;
CREATE TABLE raw_files (
    table_name TEXT, season INTEGER, month TEXT, rows INTEGER NOT NULL, bytes INTEGER NOT NULL,
    sha256 TEXT NOT NULL, run_id TEXT NOT NULL, PRIMARY KEY (table_name, month)
) STRICT;
CREATE TABLE raw_partitions (
    table_name TEXT, date TEXT, season INTEGER NOT NULL, rows INTEGER NOT NULL, token TEXT NOT NULL,
    warehouse TEXT NOT NULL, checked_as_of TEXT NOT NULL, changed_run TEXT NOT NULL,
    PRIMARY KEY (table_name, date)
) STRICT;
CREATE TABLE findings (
    table_name TEXT, date TEXT, season INTEGER NOT NULL, claim TEXT, severity TEXT NOT NULL,
    rows INTEGER NOT NULL, detail TEXT NOT NULL, sample TEXT NOT NULL, run_id TEXT NOT NULL,
    PRIMARY KEY (table_name, date, claim, detail)
) STRICT;
CREATE TABLE seasons (
    table_name TEXT, season INTEGER, fingerprint TEXT NOT NULL, parts TEXT NOT NULL,
    run_id TEXT NOT NULL, PRIMARY KEY (table_name, season)
) STRICT;
CREATE TABLE published_files (
    table_name TEXT, season INTEGER, month TEXT, rows INTEGER NOT NULL, bytes INTEGER NOT NULL,
    sha256 TEXT NOT NULL, run_id TEXT NOT NULL, PRIMARY KEY (table_name, month)
) STRICT;
CREATE TABLE partitions (
    table_name TEXT, date TEXT, season INTEGER NOT NULL, state TEXT NOT NULL, detail TEXT,
    rows INTEGER NOT NULL, ready_rows INTEGER NOT NULL, non_rows INTEGER NOT NULL,
    teams_expected INTEGER, teams_found INTEGER, changed_run TEXT NOT NULL,
    PRIMARY KEY (table_name, date)
) STRICT;
CREATE TABLE non_rows (
    table_name TEXT, date TEXT, season INTEGER NOT NULL, entity TEXT, reason TEXT NOT NULL,
    detail TEXT, found INTEGER, needed INTEGER, category TEXT, can_retry INTEGER,
    PRIMARY KEY (table_name, date, entity)
) STRICT, WITHOUT ROWID;
CREATE TABLE pushes (
    warehouse TEXT, table_name TEXT, date TEXT, rows INTEGER NOT NULL, changed_run TEXT NOT NULL,
    push_id TEXT NOT NULL, verified INTEGER NOT NULL, PRIMARY KEY (warehouse, table_name, date)
) STRICT;
CREATE VIEW failures AS
    SELECT table_name, date, entity, category, detail AS reason, can_retry
    FROM non_rows WHERE category IS NOT NULL
""",
    """
ALTER TABLE pushes ADD COLUMN token TEXT NOT NULL DEFAULT '';
CREATE TABLE push_runs (
    push_id TEXT PRIMARY KEY, run_id TEXT NOT NULL, warehouse TEXT NOT NULL, undoes TEXT,
    status TEXT NOT NULL, base_as_of TEXT NOT NULL, committed TEXT, note TEXT NOT NULL,
    dates TEXT NOT NULL, receipt TEXT
) STRICT
""",
    """
CREATE TABLE expected_dates (
    date TEXT PRIMARY KEY, season INTEGER NOT NULL, games INTEGER NOT NULL, over INTEGER NOT NULL,
    other_games INTEGER NOT NULL, others TEXT
) STRICT;
CREATE TABLE expected_sources (
    table_name TEXT, date TEXT, season INTEGER NOT NULL, unit TEXT NOT NULL,
    expected INTEGER NOT NULL, found INTEGER NOT NULL, PRIMARY KEY (table_name, date)
) STRICT, WITHOUT ROWID;
CREATE TABLE expected_missing (
    table_name TEXT, date TEXT, season INTEGER NOT NULL, unit TEXT NOT NULL, entity TEXT,
    PRIMARY KEY (table_name, date, entity)
) STRICT, WITHOUT ROWID
""",
    "ALTER TABLE partitions ADD COLUMN issues TEXT NOT NULL DEFAULT '{}'",
    """
CREATE TABLE alerts (
    sent_at TEXT NOT NULL, tier TEXT NOT NULL, category TEXT NOT NULL, subject TEXT NOT NULL,
    is_limited INTEGER NOT NULL, channels TEXT NOT NULL
) STRICT
""",
    """
CREATE TABLE source_checks (
    table_name TEXT, season INTEGER, fingerprint TEXT NOT NULL, run_id TEXT NOT NULL,
    PRIMARY KEY (table_name, season)
) STRICT;
ALTER TABLE raw_files ADD COLUMN mtime_ns INTEGER NOT NULL DEFAULT 0;
ALTER TABLE published_files ADD COLUMN mtime_ns INTEGER NOT NULL DEFAULT 0
""",
    """
CREATE TABLE column_months (
    table_name TEXT, season INTEGER, column_name TEXT, month TEXT, rows INTEGER NOT NULL,
    filled INTEGER NOT NULL, most_frequent INTEGER NOT NULL, spread REAL,
    PRIMARY KEY (table_name, season, column_name, month)
) STRICT, WITHOUT ROWID;
CREATE TABLE unusual_columns (
    table_name TEXT, season INTEGER, column_name TEXT, date TEXT, detail TEXT NOT NULL,
    PRIMARY KEY (table_name, season, column_name, date)
) STRICT, WITHOUT ROWID
""",
    """
ALTER TABLE partitions RENAME COLUMN teams_expected TO entities_expected;
ALTER TABLE partitions RENAME COLUMN teams_found TO entities_found
""",
    """
ALTER TABLE column_months DROP COLUMN most_frequent;
ALTER TABLE column_months DROP COLUMN spread;
CREATE INDEX raw_partitions_of_season ON raw_partitions (season, date);
CREATE INDEX raw_partitions_of_table ON raw_partitions (table_name, season);
CREATE INDEX findings_of_season ON findings (season, table_name);
CREATE INDEX expected_dates_of_season ON expected_dates (season);
CREATE INDEX expected_sources_of_season ON expected_sources (season);
CREATE INDEX expected_missing_of_season ON expected_missing (season);
CREATE INDEX partitions_of_season ON partitions (season)
""",
)
"""What each version of the ledger added."""

VERSION = len(VERSIONS)

TABLES = (
    "meta",
    "runs",
    "raw_files",
    "raw_partitions",
    "findings",
    "seasons",
    "published_files",
    "partitions",
    "non_rows",
    "pushes",
    "push_runs",
    "expected_dates",
    "expected_sources",
    "expected_missing",
    "alerts",
    "source_checks",
    "column_months",
    "unusual_columns",
    "failures",
)
"""Tables and views that readers may query."""
