"""What the data folder holds and how it came about: SQLite, one writer, any number of readers."""

from __future__ import annotations

import datetime as dt
import os
import socket
import sqlite3
import uuid
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from nba_local.errors import LedgerError
from nba_local.storage.disk import full, is_full
from nba_local.storage.files import LAYERS, Recorded
from nba_local.storage.migrations import TABLES, VERSION, VERSIONS
from nba_local.storage.serialize import dumps
from nba_local.tables.results import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from nba_local.tables.calendar import Season
    from nba_local.tables.results import StoredFile

CONTRACT = "contract"
"""Severity of findings that the engine makes from the contract itself, while pulling."""


def no_ledger(path: Path) -> LedgerError:
    """The error of a data folder that was never pulled."""
    return LedgerError(
        f"no ledger in {path.parent}",
        hint="pull a season first: nba-local pull --season 2021-22",
    )


LINKS_DUE = "links due: {} {}"
"""Key of the fact that a season was published and its links are not made yet."""


_DAMAGE = frozenset(
    {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR}
)


@contextmanager
def sound(path: Path) -> Iterator[None]:
    """A ledger that turns out to be damaged inside the block is said to be, whoever read it.

    Raises:
        LedgerError: It is damaged, or not one of ours.
    """
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # without the extension
        is_foreign = code == sqlite3.SQLITE_ERROR and "no such" in str(error)
        if is_full(error) or not (code in _DAMAGE or is_foreign):
            raise
        raise LedgerError(
            f"{path} is damaged, or no ledger ({error}); nothing more was done",
            hint="put a copy of it back, or name another folder with --data and pull again; "
            "what was pushed stays where it is",
        ) from error


def may_write(path: Path) -> bool:
    """Whether the ledger, and the files SQLite puts beside it, may be written."""
    return os.access(path.parent, os.W_OK) and (not path.exists() or os.access(path, os.W_OK))


def open_ledger(path: Path) -> sqlite3.Connection:
    """A connection to the ledger; one that only reads where the folder may not be written to."""
    if may_write(path):
        db = sqlite3.connect(path, isolation_level=None, timeout=30)
    else:
        db = open_to_read(path)
    db.row_factory = sqlite3.Row
    return db


def open_to_read(path: Path, **options: Any) -> sqlite3.Connection:
    """A connection that writes nothing, not even the files that SQLite puts beside a ledger."""
    uri = f"{path.resolve().as_uri()}?mode=ro"
    options = {"uri": True, "isolation_level": None, "timeout": 30, **options}
    db: sqlite3.Connection = sqlite3.connect(uri, **options)
    try:
        db.execute("SELECT count(*) FROM sqlite_schema")
    except sqlite3.OperationalError:
        # a ledger that was closed well: nothing but the file itself is to be read
        db.close()
        db = sqlite3.connect(f"{uri}&immutable=1", **options)
    return db


def copy_ledger(path: Path, copy: Path) -> None:
    """A copy of the ledger, which may be written to."""
    there, here = open_to_read(path), sqlite3.connect(copy)
    try:
        there.backup(here)
    finally:
        there.close()
        here.close()


def read_files(path: Path, layer: str, table: str, season: Season) -> tuple[list[Recorded], bool]:
    """The files of a season that the ledger at `path` names, and whether they are linked.

    Reads as of now, on a connection of its own: any thread may ask.
    """
    key = LINKS_DUE.format(table, season.year)
    with sound(path), closing(open_ledger(path)) as db:
        db.execute("BEGIN")
        rows = db.execute(
            f"SELECT * FROM {LAYERS[layer]} WHERE table_name = ? AND season = ? "  # noqa: S608 - ours
            "ORDER BY month",
            (table, season.year),
        ).fetchall()
        due = db.execute("SELECT 1 FROM meta WHERE key = ?", (key,)).fetchall()
    return [Recorded.of(row) for row in rows], not due


class Ledger:
    """The ledger file of a data folder. Writes happen inside `transaction()` or are single."""

    def __init__(self, path: Path, *, create: bool = True) -> None:
        if not create and not path.exists():
            raise no_ledger(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._db = open_ledger(path)
        self._is_open = True
        try:
            if may_write(path):
                self._db.execute("PRAGMA journal_mode = WAL")
                self._db.execute("PRAGMA synchronous = NORMAL")
            self._migrate()
        except sqlite3.DatabaseError as error:
            self._db.close()
            if is_full(error):
                raise full(path.parent, "command") from error
            raise LedgerError(
                f"{path} is not a ledger ({error}); nothing was done",
                hint="name another folder with --data; raw and published files can be made again",
            ) from error
        except BaseException:
            self._db.close()
            raise

    def _migrate(self) -> None:
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version == VERSION:
            return
        if version > VERSION:
            raise LedgerError(
                f"{self.path} was written by a newer nba_local (ledger version {version}, "
                f"this one knows {VERSION}); nothing was changed",
                hint="update nba_local, or use another --data folder",
            )
        if not may_write(self.path):  # a copy in memory is brought up to date instead
            copy = sqlite3.connect(":memory:", isolation_level=None)
            copy.row_factory = sqlite3.Row
            self._db.backup(copy)
            self._db.close()
            self._db = copy
        with self.transaction():
            for added in VERSIONS[version:]:
                for statement in added.split(";\n"):
                    self._db.execute(statement)
            self._db.execute(f"PRAGMA user_version = {VERSION}")

    def close(self) -> None:
        """Close the file."""
        self._is_open = False
        self._db.close()

    @contextmanager
    def transaction(self, *, durable: bool = False) -> Iterator[None]:
        """All writes inside happen together or not at all.

        durable: They are on disk at the end, even if the power fails then.
        """
        if durable:
            self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        else:
            self._db.execute("COMMIT")
        finally:
            if durable:
                self._db.execute("PRAGMA synchronous = NORMAL")

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """All reads inside see one moment; writers are not held up."""
        self._db.execute("BEGIN")
        try:
            yield
        finally:
            self._db.execute("ROLLBACK")

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """Result of a query, all rows."""
        return self._db.execute(sql, parameters).fetchall()

    def put(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Insert or replace rows given as mappings with equal keys."""
        batch = list(rows)
        if batch:
            columns = tuple(batch[0])
            values = [tuple(_sqlite(row[name]) for name in columns) for row in batch]
            self.put_many(table, columns, values)

    def put_many(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Insert or replace rows given as sequences in the order of `columns`."""
        if table not in TABLES:
            raise LedgerError(f"the ledger has no table `{table}`")
        names, marks = ", ".join(columns), ", ".join("?" * len(columns))
        self._db.executemany(
            f"INSERT OR REPLACE INTO {table} ({names}) VALUES ({marks})",  # noqa: S608 - our names
            rows,
        )

    def delete_season(self, table: str, table_name: str, season: int) -> None:
        """Delete the rows of one season of one of our tables."""
        if table not in TABLES:
            raise LedgerError(f"the ledger has no table `{table}`")
        self._db.execute(
            f"DELETE FROM {table} WHERE table_name = ? AND season = ?",  # noqa: S608 - our names
            (table_name, season),
        )

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        """Run one statement."""
        self._db.execute(sql, parameters)

    def executemany(self, sql: str, parameters: Sequence[Sequence[Any]]) -> None:
        """Run one statement for each of `parameters`."""
        self._db.executemany(sql, parameters)

    def claim_rules(self, rules: str, *, write: bool = True) -> None:
        """Tie the data folder to a rule set, or refuse the other one.

        Raises:
            LedgerError: The folder holds rows of another rule set.
        """
        held = self.meta("rules")
        if held is not None and held != rules:
            raise LedgerError(
                f"{self.path.parent} holds the rule set `{held}`, not `{rules}`; nothing was done",
                hint=f"use --rules {held}, or another folder: --data data-{rules}",
                is_mistake=True,
            )
        if held is None and write:
            self.put("meta", [{"key": "rules", "value": rules}])

    def meta(self, key: str) -> str | None:
        """A fact about the folder, or None."""
        rows = self.rows("SELECT value FROM meta WHERE key = ?", (key,))
        return rows[0]["value"] if rows else None

    def forget(self, key: str) -> None:
        """Delete a fact about the folder."""
        self.execute("DELETE FROM meta WHERE key = ?", (key,))

    @contextmanager
    def run(self, verb: str, rules: str | None, **arguments: Any) -> Iterator[Run]:
        """Record a run: `running`, then `done`, `failed` or `interrupted`, with its result."""
        run = Run(f"{verb}-{uuid.uuid4().hex[:12]}", self)
        arguments |= {"pid": os.getpid(), "host": socket.gethostname()}
        self.put(
            "runs",
            [
                {
                    "run_id": run.run_id,
                    "verb": verb,
                    "started_at": _now(),
                    "finished_at": None,
                    "status": "running",
                    "rules": rules,
                    "arguments": dumps(arguments, sort_keys=True),
                    "result": None,
                }
            ],
        )
        status = "failed"
        try:
            yield run
            status = run.status
        except Exception as error:
            told = run.result if isinstance(run.result, dict) else {}
            run.result = {**told, "error": type(error).__name__, "message": str(error)}
            raise
        except BaseException:
            status = "interrupted"
            raise
        finally:
            if self._is_open:  # a second Ctrl-C may have closed it; the next run marks this one
                self.execute(
                    "UPDATE runs SET finished_at = ?, status = ?, result = ? WHERE run_id = ?",
                    (_now(), status, dumps(run.result, sort_keys=True), run.run_id),
                )


class Run:
    """A run under way; set `result` (and `status`) before it ends."""

    def __init__(self, run_id: str, ledger: Ledger) -> None:
        self.run_id, self._ledger = run_id, ledger
        self.status = "done"
        self.result: Any = None

    def is_at(self, where: str) -> None:
        """Say how far the run is, for whoever looks while it goes on."""
        self._ledger.execute(
            "UPDATE runs SET result = ? WHERE run_id = ?",
            (dumps({"progress": where}), self.run_id),
        )


def finding_row(finding: Finding, season: int, run_id: str) -> dict[str, Any]:
    """A finding as a row of the ledger."""
    return {
        "table_name": finding.table,
        "date": finding.date.isoformat(),
        "season": season,
        "claim": finding.claim,
        "severity": finding.severity,
        "rows": finding.rows,
        "detail": finding.detail,
        "sample": finding.sample,
        "run_id": run_id,
    }


def finding_of(row: sqlite3.Row) -> Finding:
    """A row of the ledger as a finding."""
    return Finding(
        row["table_name"],
        dt.date.fromisoformat(row["date"]),
        row["claim"],
        row["severity"],
        row["rows"],
        row["detail"],
        row["sample"],
    )


def file_row(
    table: str, season: int, month: str, written: StoredFile, run_id: str
) -> dict[str, Any]:
    """A stored file as a row of the ledger."""
    return {
        "table_name": table,
        "season": season,
        "month": month,
        "rows": written.rows,
        "bytes": written.bytes,
        "sha256": written.sha256,
        "mtime_ns": written.mtime_ns,
        "run_id": run_id,
    }


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")


def _sqlite(value: Any) -> Any:
    if isinstance(value, dt.date):
        return value.isoformat()
    return int(value) if isinstance(value, bool) else value
