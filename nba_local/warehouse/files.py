"""`file://DIR`: one folder per table, Parquet files in it at any depth.

A folder `DIR/schemas/` with BigQuery schema files, where present, is the live schema of the tables.
Pushes write `<table>/season=<YYYY>.parquet`. A push is a redo log: new files are written aside, a
journal names the renames, and a journal found later is carried through before anything else. The
files that the newest pushes replaced stay in `.history/`, so that the folder can be read as it was.
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

from nba_local.errors import ContractError, UsageError, WarehouseError
from nba_local.storage.lock import held
from nba_local.tables.calendar import Season
from nba_local.tables.fingerprint import of_file
from nba_local.tables.schema import Field, load_contract
from nba_local.warehouse import Append, Drift, PartitionState, Receipt, unheard

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import filelock

    from nba_local.tables.calendar import Interval
    from nba_local.tables.table import Table
    from nba_local.warehouse import Access, Change, LiveTable, Ready, Replacement, SchemaChange

_JOURNAL = ".push-journal.json"
_HISTORY, _PUSH = ".history", "push.json"
PUSHES_KEPT = 10
"""Pushes whose replaced files are kept."""

LOCK_SECONDS = 60.0
"""How long to wait for another push into the same folder."""


class FileWarehouse:
    """A folder of Parquet as a warehouse. A file's size and time of change are its token."""

    has_datasets = False

    def __init__(self, folder: str) -> None:
        self.root = Path(folder).expanduser()
        self.url = f"file://{folder}"

    def require(self) -> None:
        """Raises: WarehouseError where the folder does not exist."""
        if not self.root.is_dir():
            raise WarehouseError(
                f"{self.url}: there is no such folder; nothing was read",
                hint="a warehouse is a folder with a subfolder of Parquet files per table",
            )

    def require_writable(self) -> None:
        """Raises: WarehouseError where the folder, or the one to hold it, may not be written."""
        place = next(p for p in (self.root, *self.root.absolute().parents) if p.exists())
        if not os.access(place, os.W_OK):
            raise WarehouseError(
                f"{self.url}: {place} may not be written; nothing can be pushed",
                hint="name another folder with --to",
            )

    def access(self, tables: Sequence[Table], *, write: bool) -> tuple[Access, ...]:
        """None: `require` and `require_writable` say it all of a folder."""
        del tables, write
        return ()

    def leftovers(self, tables: Sequence[Table]) -> list[str]:
        """None: the next call clears them away."""
        del tables
        return []

    def now(self) -> dt.datetime:
        """The present instant."""
        return dt.datetime.now(dt.UTC)

    def partitions(
        self, table: Table, within: Interval, as_of: dt.datetime
    ) -> dict[dt.date, PartitionState]:
        """Dates with rows. Reads the partition column of every file. Raises: WarehouseError."""
        found: dict[dt.date, list[tuple[int, str, int]]] = {}
        with self._beside_pushes():
            for name, file in self._files_at(table, as_of).items():
                stat = file.stat()
                token = f"{name}:{stat.st_size}:{stat.st_mtime_ns}"
                rows = self._scan(file).filter(_in(table, within)).group_by(table.partition_by)
                with self._reading(file):
                    counts = rows.len().collect()
                each = stat.st_size // max(1, self._rows_of(file))
                for date, number in counts.iter_rows():
                    found.setdefault(date, []).append((number, token, number * each))
        return {
            date: PartitionState(
                sum(rows for rows, _, _ in parts),
                "|".join(token for _, token, _ in parts),
                sum(size for _, _, size in parts),
            )
            for date, parts in sorted(found.items())
        }

    def _rows_of(self, file: Path) -> int:
        """Rows of a file, from its footer."""
        return int(self._scan(file).select(pl.len()).collect().item())

    def read(
        self,
        table: Table,
        within: Interval,
        as_of: dt.datetime,
        columns: Sequence[str] | None = None,
    ) -> pl.DataFrame:
        """Rows of `within`. Raises: ContractError, WarehouseError."""
        parts = []
        with self._beside_pushes():
            for name, file in self._files_at(table, as_of).items():
                with self._reading(file):
                    rows = self._scan(file).filter(_in(table, within)).collect()
                where = f"{self.url}: {name}"
                parts.append(table.contract.conform(rows, where))
        frame = pl.concat(parts) if parts else pl.DataFrame(schema=table.contract.polars)
        return frame.select(columns) if columns else frame

    def drift(self, table: Table) -> tuple[Drift, ...]:
        """Differences of the schema file, where the folder has one, else of the files' types."""
        contract = table.contract
        path = self.root / "schemas" / f"{contract.dataset}.{table.name}.json"
        if path.is_file():
            live = {f.name: (_type(f), f.mode) for f in load_contract(path).fields}
        else:
            files = self._files(table)
            schema: Mapping[str, pl.DataType] = {}
            if files:
                with self._reading(files[-1]):
                    schema = self._scan(files[-1]).collect_schema()
            ours = contract.polars
            live = {
                name: (_type(contract.field(name)), contract.field(name).mode)
                if name in ours and ours[name] == kind
                else (str(kind), "")
                for name, kind in schema.items()
            }
        if not live:
            return ()
        return _differences(table, live)

    def live(self, table: Table) -> LiveTable | None:
        """Raises: UsageError: there are types in the files, and no modes, partitions or texts."""
        raise _no_schemas(self.url, table)

    def full_name(self, table: Table) -> str:
        """Raises: UsageError."""
        raise _no_schemas(self.url, table)

    def create(self, table: Table) -> None:
        """Raises: UsageError."""
        raise _no_schemas(self.url, table)

    def alter(self, table: Table, change: SchemaChange) -> None:
        """Raises: UsageError."""
        del change
        raise _no_schemas(self.url, table)

    def place(self, table: Table) -> str:
        """The folder: it has no environments in it."""
        del table
        return self.url

    @contextmanager
    def lock(self, tables: Sequence[Table], push_id: str) -> Iterator[None]:
        """Nobody else pushes into the folder inside the block. Raises: LockedError."""
        del tables  # the folder has one lock
        self.root.mkdir(parents=True, exist_ok=True)
        with held(self.root, f"push {push_id}", "wait for it to end", ".push-lock"):
            yield

    def replace(self, changes: Sequence[Change], push_id: str, ready: Ready = unheard) -> Receipt:
        """Apply all changes. Raises: ContractError, WarehouseError."""
        for change in changes:
            self._prove(change)
        self.root.mkdir(parents=True, exist_ok=True)
        with self._lock():
            self._carry_through()
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
        return Receipt(rows, tuple(renames.values()), hashes, self.now())

    def settle(self, tables: Sequence[Table], push_id: str, note: str) -> dt.datetime | None:
        """Carry through or clear away what a dead push left; when it took effect."""
        del tables, note
        if not self.root.is_dir():
            return None
        with self._lock():
            self._carry_through()
            shutil.rmtree(self.root / f".staging-{push_id}", ignore_errors=True)
        return next((p.committed for p in self._past() if p.push_id == push_id), None)

    @functools.cached_property
    def _file_lock(self) -> filelock.FileLock:
        import filelock

        return filelock.FileLock(self.root / ".lock", timeout=LOCK_SECONDS)

    def _lock(self) -> filelock.FileLock:
        """Held by a push, and by whoever carries one through or reads; once more by its holder."""
        return self._file_lock

    def close(self) -> None:
        """Nothing is held open."""

    def _files(self, table: Table) -> list[Path]:
        return sorted((self.root / table.name).rglob("*.parquet"))

    def _files_at(self, table: Table, as_of: dt.datetime) -> dict[str, Path]:
        """The files of a table at an instant, by the name they had: kept ones before present."""
        found = {str(file.relative_to(self.root)): file for file in self._files(table)}
        for push in reversed(self._past()):
            if push.committed <= as_of:
                break
            for name, kept in push.before.items():
                if name.startswith(f"{table.name}/"):
                    found.pop(name, None)
                    if kept:
                        found[name] = self.root / kept
        return dict(sorted(found.items()))

    def _past(self) -> list[_Past]:
        """The pushes whose replaced files are kept, oldest first."""
        found = sorted((self.root / _HISTORY).glob(f"*/{_PUSH}"))
        logs = [json.loads(path.read_text()) for path in found]
        return [
            _Past(log["push_id"], dt.datetime.fromisoformat(log["committed"]), log["before"])
            for log in logs
        ]

    def _scan(self, file: Path) -> pl.LazyFrame:
        return pl.scan_parquet(file, glob=False, hive_partitioning=False)

    @contextmanager
    def _reading(self, file: Path) -> Iterator[None]:
        """A file that cannot be read is named, by its path in the warehouse."""
        try:
            yield
        except (OSError, pl.exceptions.PolarsError) as error:
            name = file.relative_to(self.root)
            raise WarehouseError(f"{self.url}: {name} cannot be read: {error}") from error

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
        for file in self._files(table):
            name = str(file.relative_to(self.root))
            if name in seasons or self._scan(file).filter(replaced).head(1).collect().height:
                rows = table.contract.conform(pl.read_parquet(file), f"{self.url}: {name}")
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
        self._carry_through()

    @contextmanager
    def _beside_pushes(self) -> Iterator[None]:
        """Read while nobody pushes: a file replaced between footer and rows cannot be read.

        A folder that nobody ever pushed into has no lock file, and needs no permission to write.
        """
        if not os.access(self.root / ".lock", os.W_OK):
            yield
            return
        with self._lock():
            self._carry_through()
            yield

    def _carry_through(self) -> None:
        journal = self.root / _JOURNAL
        if not journal.is_file():
            return
        log: dict[str, Any] = json.loads(journal.read_text())
        for source, target in log["renames"].items():
            if (self.root / source).exists():
                (self.root / target).parent.mkdir(parents=True, exist_ok=True)
                (self.root / source).replace(self.root / target)
        push = {"push_id": log["push_id"], "committed": self.now().isoformat()}
        kept = self.root / log["kept"]
        kept.mkdir(parents=True, exist_ok=True)
        _write_json(kept / _PUSH, push | {"before": log["before"]})
        journal.unlink()
        shutil.rmtree(self.root / log["staging"], ignore_errors=True)
        for old in sorted(kept.parent.iterdir())[:-PUSHES_KEPT]:
            shutil.rmtree(old)


@dataclass(frozen=True, slots=True)
class _Past:
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


def _no_schemas(url: str, table: Table) -> UsageError:
    return UsageError(
        f"{url} is a folder of files: `{table.name}` has no schema there to compare or change",
        hint="name a warehouse with schemas: --to bigquery://PROJECT",
    )


def _in(table: Table, within: Interval) -> pl.Expr:
    return pl.col(table.partition_by).is_between(within.start, within.end, closed="left")


def _write(path: Path, frame: pl.DataFrame) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.write_parquet(path, compression="zstd")
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _type(field: Field) -> str:
    size = f"({field.precision},{field.scale})" if field.precision else ""
    return f"{field.type}{size}"


def _differences(table: Table, live: Mapping[str, tuple[str, str]]) -> tuple[Drift, ...]:
    ours = {f.name: (_type(f), f.mode) for f in table.contract.fields}
    found = []
    for name in sorted(ours.keys() | live.keys()):
        have, want = live.get(name), ours.get(name)
        if have != want:
            found.append(
                Drift(
                    table.name,
                    name,
                    " ".join(want).strip() if want else "absent",
                    " ".join(have).strip() if have else "absent",
                )
            )
    return tuple(found)
