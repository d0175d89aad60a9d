"""The lab's ledger: every trial that came to a verdict, append-only, in a file of its own.

A trial is written in one transaction when it has its verdict. One that was interrupted, killed or
ran out of room left nothing, and can be run again.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from nba_local.errors import LedgerError, UsageError
from nba_local.storage.disk import full, is_full
from nba_local.storage.ledger import open_to_read
from nba_local.storage.serialize import dumps

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS trials (
    trial INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, target TEXT NOT NULL,
    hypothesis TEXT NOT NULL, verdict TEXT NOT NULL, p REAL, identity TEXT NOT NULL,
    record TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS losses (
    trial INTEGER NOT NULL REFERENCES trials, date TEXT NOT NULL, season TEXT NOT NULL,
    rows INTEGER NOT NULL, baseline REAL NOT NULL, candidate REAL NOT NULL,
    PRIMARY KEY (trial, date)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS trials_stay BEFORE UPDATE ON trials
    BEGIN SELECT RAISE(ABORT, 'the lab''s ledger is append-only'); END;
CREATE TRIGGER IF NOT EXISTS trials_remain BEFORE DELETE ON trials
    BEGIN SELECT RAISE(ABORT, 'the lab''s ledger is append-only'); END;
CREATE TRIGGER IF NOT EXISTS losses_stay BEFORE UPDATE ON losses
    BEGIN SELECT RAISE(ABORT, 'the lab''s ledger is append-only'); END;
CREATE TRIGGER IF NOT EXISTS losses_remain BEFORE DELETE ON losses
    BEGIN SELECT RAISE(ABORT, 'the lab''s ledger is append-only'); END;
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A trial as the ledger has it.

    p: Of its difference in error, not corrected; None where no model judged it. identity: Of code,
    data, rules and seeds; the same trial run again has the same. record: All that it found.
    """

    trial: int
    at: str
    target: str
    hypothesis: str
    verdict: str
    p: float | None
    identity: str
    record: Mapping[str, Any]


class LabLedger:
    """The ledger file of a data folder; made when the first trial is added."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "ledger.sqlite"

    def entries(self) -> list[Entry]:
        """All trials, oldest first."""
        with self._open() as db:
            found = db.execute("SELECT * FROM trials ORDER BY trial").fetchall() if db else []
        return [Entry(**{**dict(row), "record": json.loads(row["record"])}) for row in found]

    def entry(self, trial: int) -> Entry:
        """A trial by its number.

        Raises:
            UsageError: There is none.
        """
        for found in self.entries():
            if found.trial == trial:
                return found
        raise UsageError(f"there is no trial {trial}", hint="nba-local lab list")

    def losses(self, trial: int) -> pl.DataFrame:
        """Sums of absolute errors of a trial by date: `date`, `season`, `rows`, both sides."""
        with self._open() as db:
            sql = "SELECT date, season, rows, baseline, candidate FROM losses WHERE trial = ?"
            found = db.execute(sql, (trial,)).fetchall() if db else []
        columns = {
            "date": pl.String, "season": pl.String, "rows": pl.Int64,
            "baseline": pl.Float64, "candidate": pl.Float64,
        }  # fmt: skip
        rows = pl.DataFrame([tuple(row) for row in found], schema=columns, orient="row")
        return rows.with_columns(pl.col("date").str.to_date()).sort("date")

    def others(self, target: str, identity: str) -> list[float]:
        """p-values of the trials against the same target, each counted once, but this one."""
        latest = {
            e.identity: e.p
            for e in self.entries()
            if e.target == target and e.identity != identity and e.p is not None
        }
        return list(latest.values())

    def add(self, entry: Entry, losses: pl.DataFrame | None) -> int:
        """Keep a trial with its losses; its number.

        Raises:
            DiskFullError: There is no room; nothing was kept.
            LedgerError: The file cannot be written.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self._open(create=True) as db:
                assert db is not None
                number = self._add(db, entry, losses)
        except (sqlite3.Error, OSError) as error:
            if is_full(error):
                raise full(self.path.parent, "lab") from error
            raise LedgerError(f"{self.path}: {error}; the trial was not kept") from error
        return number

    @staticmethod
    def _add(db: sqlite3.Connection, entry: Entry, losses: pl.DataFrame | None) -> int:
        with db:  # one transaction
            made = db.execute(
                "INSERT INTO trials (at, target, hypothesis, verdict, p, identity, record) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    entry.at, entry.target, entry.hypothesis, entry.verdict, entry.p,
                    entry.identity, dumps(entry.record),
                ),
            )  # fmt: skip
            number = int(made.lastrowid or 0)
            if losses is not None:
                rows = losses.select(
                    pl.lit(number), pl.col("date").cast(pl.String), "season", "rows", "baseline",
                    "candidate",
                ).rows()  # fmt: skip
                db.executemany("INSERT INTO losses VALUES (?, ?, ?, ?, ?, ?)", rows)
        return number

    @contextmanager
    def _open(self, *, create: bool = False) -> Iterator[sqlite3.Connection | None]:
        """A connection; None where there is no file and none is to be made."""
        if not create and not self.path.is_file():
            yield None
            return
        db = sqlite3.connect(self.path, timeout=30) if create else open_to_read(self.path)
        try:
            db.row_factory = sqlite3.Row
            if create:
                db.executescript(_SCHEMA)
            yield db
        finally:
            db.close()
