"""Pushes into a folder: a redo log that is carried through, and the files that pushes replaced.

New files are written aside, a journal names the renames, and a journal found later is carried
through before anything else. The files that the newest pushes replaced stay in `.history/`, so that
the folder can be read as it was.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
import os
import shutil
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from nba_local.errors import ContractError
from nba_local.tables.calendar import Season
from nba_local.tables.fingerprint import of_file
from nba_local.warehouse import Append, Receipt, unheard
from nba_local.warehouse.folder import scan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import filelock

    from nba_local.tables.table import Table
    from nba_local.warehouse import Change, Ready, Replacement

_JOURNAL = ".push-journal.json"
_HISTORY, _PUSH = ".history", "push.json"
PUSHES_KEPT = 10
"""Pushes whose replaced files are kept."""

LOCK_SECONDS = 60.0
"""How long to wait for another push into the same folder."""


@dataclass
class Journal:
    """The pushes into the folder `root`. files: The files of a table that lie there now."""

    root: Path
    url: str
    files: Callable[[Table], list[Path]]

    def replace(self, changes: Sequence[Change], push_id: str, ready: Ready = unheard) -> Receipt:
        """Apply all changes. Raises: ContractError, WarehouseError."""
        for change in changes:
            self._prove(change)
        self.root.mkdir(parents=True, exist_ok=True)
        with self.lock():
            self.carry_through()
            staging = self.root / f".staging-{push_id}"
            shutil.rmtree(staging, ignore_errors=True)
            renames: dict[str, str] = {}
            try:
                for change in changes:
                    for name, frame in self._files_after(change, push_id).items():
                        _write(staging / name, frame)
                        renames[str((staging / name).relative_to(self.root))] = name
                hashes = {name: of_file(self.root / staged) for staged, name in renames.items()}
                ready("")
                if renames:
                    self._commit(staging, renames, push_id)
            except BaseException:
                if not (self.root / _JOURNAL).exists():
                    shutil.rmtree(staging, ignore_errors=True)
                raise
        rows = {change.table.name: change.rows.height for change in changes}
        return Receipt(rows, tuple(renames.values()), hashes, dt.datetime.now(dt.UTC))

    def settle(self, tables: Sequence[Table], push_id: str, note: str) -> dt.datetime | None:
        """Carry through or clear away what a dead push left; when it took effect."""
        del tables, note
        if not self.root.is_dir():
            return None
        with self.lock():
            self.carry_through()
            shutil.rmtree(self.root / f".staging-{push_id}", ignore_errors=True)
        return next((p.committed for p in self.past() if p.push_id == push_id), None)

    @functools.cached_property
    def _file_lock(self) -> filelock.FileLock:
        import filelock

        return filelock.FileLock(self.root / ".lock", timeout=LOCK_SECONDS)

    def lock(self) -> filelock.FileLock:
        """Held by a push, and by whoever carries one through or reads; once more by its holder."""
        return self._file_lock

    def past(self) -> list[Past]:
        """The pushes whose replaced files are kept, oldest first."""
        found = sorted((self.root / _HISTORY).glob(f"*/{_PUSH}"))
        logs = [json.loads(path.read_text()) for path in found]
        return [
            Past(log["push_id"], dt.datetime.fromisoformat(log["committed"]), log["before"])
            for log in logs
        ]

    def _prove(self, change: Change) -> None:
        """The rows keep the contract and lie in what they claim to replace."""
        table = change.table
        rows = table.contract.conform(change.rows, f"{table.name}: rows to push")
        if nulls := table.contract.nulls(rows):
            raise ContractError(
                f"{table.name}: NULL in REQUIRED columns {nulls}; nothing was pushed"
            )
        if isinstance(change, Append):
            return
        outside = rows.filter(~_replaced(change)).height
        if outside:
            raise ContractError(
                f"{table.name}: {outside} rows lie outside the pushed dates; nothing was pushed"
            )

    def _files_after(self, change: Change, push_id: str) -> Mapping[str, pl.DataFrame]:
        """The new content, by file, of every file that the change touches.

        Old rows of the dates go from whatever files hold them; new ones go to their season's file.
        Added rows have a file of their push.
        """
        table = change.table
        if isinstance(change, Append):
            return {f"{table.name}/{push_id}.parquet": change.rows.sort(table.order)}
        replaced = _replaced(change)
        files: dict[str, pl.DataFrame] = {}
        seasons = {f"{table.name}/season={Season.of(d).year}.parquet" for d in change.dates}
        for file in self.files(table):
            name = str(file.relative_to(self.root))
            if name in seasons or scan(file).filter(replaced).head(1).collect().height:
                rows = table.contract.conform(scan(file).collect(), f"{self.url}: {name}")
                files[name] = rows.filter(~replaced)
        for season in {Season.of(date) for date in change.dates}:
            name = f"{table.name}/season={season.year}.parquet"
            inside = pl.col(table.partition_by).is_in(
                [d for d in change.dates if d in season.interval]
            )
            new = change.rows.filter(inside).select(table.contract.columns)
            files[name] = pl.concat([files[name], new]) if name in files else new
        return {name: frame.sort(table.order) for name, frame in files.items()}

    def _commit(self, staging: Path, renames: Mapping[str, str], push_id: str) -> None:
        kept = Path(_HISTORY) / f"{time.time_ns()}-{push_id}"
        before: dict[str, str | None] = {}
        for name in renames.values():
            present = (self.root / name).exists()
            before[name] = str(kept / name) if present else None
            if present:
                (self.root / kept / name).parent.mkdir(parents=True, exist_ok=True)
                os.link(self.root / name, self.root / kept / name)
        log: dict[str, Any] = {"push_id": push_id, "staging": staging.name, "kept": str(kept)}
        log |= {"renames": renames, "before": before}
        _write_json(self.root / _JOURNAL, log)  # from here on the push will be carried through
        self.carry_through()

    @contextmanager
    def beside(self) -> Iterator[None]:
        """Read while nobody pushes: a file replaced between footer and rows cannot be read.

        A folder that nobody ever pushed into has no lock file, and needs no permission to write.
        """
        if not os.access(self.root / ".lock", os.W_OK):
            yield
            return
        with self.lock():
            self.carry_through()
            yield

    def carry_through(self) -> None:
        """Finish a push that died in its renames."""
        journal = self.root / _JOURNAL
        if not journal.is_file():
            return
        log: dict[str, Any] = json.loads(journal.read_text())
        for source, target in log["renames"].items():
            if (self.root / source).exists():
                (self.root / target).parent.mkdir(parents=True, exist_ok=True)
                (self.root / source).replace(self.root / target)
        push = {"push_id": log["push_id"], "committed": dt.datetime.now(dt.UTC).isoformat()}
        kept = self.root / log["kept"]
        kept.mkdir(parents=True, exist_ok=True)
        _write_json(kept / _PUSH, push | {"before": log["before"]})
        journal.unlink()
        shutil.rmtree(self.root / log["staging"], ignore_errors=True)
        for old in sorted(kept.parent.iterdir())[:-PUSHES_KEPT]:
            shutil.rmtree(old)


@dataclass(frozen=True, slots=True)
class Past:
    """A push, and the file that each of its files replaced; None for none."""

    push_id: str
    committed: dt.datetime
    before: Mapping[str, str | None]


def _replaced(change: Replacement) -> pl.Expr:
    """The rows that a change replaces."""
    day, part = pl.col(change.table.partition_by), change.part
    if part is None:
        return day.is_in(list(change.dates))
    value = pl.col(part.column)
    return pl.any_horizontal(
        (value == name) & day.is_in(list(dates)) for name, dates in part.dates.items()
    )


def _write_json(path: Path, value: Any) -> None:
    temporary = path.with_suffix(".tmp")
    with temporary.open("w") as file:
        json.dump(value, file)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _write(path: Path, frame: pl.DataFrame) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.write_parquet(path, compression="zstd")
    with path.open("rb") as file:
        os.fsync(file.fileno())
