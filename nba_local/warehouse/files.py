"""`file://DIR`: one folder per table, Parquet files in it at any depth.

A folder `DIR/schemas/` with BigQuery schema files, where present, is the live schema of the tables.
Pushes write `<table>/season=<YYYY>.parquet`; how, is in `journal`.
"""

from __future__ import annotations

import datetime as dt
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from nba_local.errors import UsageError, WarehouseError
from nba_local.storage.lock import held
from nba_local.tables.schema import Field, load_contract
from nba_local.warehouse import Drift, PartitionState, Receipt, unheard
from nba_local.warehouse.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from nba_local.tables.calendar import Interval
    from nba_local.tables.table import Table
    from nba_local.warehouse import Access, Change, LiveTable, Ready, SchemaChange


class FileWarehouse:
    """A folder of Parquet as a warehouse. A file's size and time of change are its token."""

    has_datasets = False

    def __init__(self, folder: str) -> None:
        self.root = Path(folder).expanduser()
        self.url = f"file://{folder}"
        self._journal = Journal(self.root, self.url, self._files)

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
        with self._journal.beside():
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
        with self._journal.beside():
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
        return self._journal.replace(changes, push_id, ready)

    def settle(self, tables: Sequence[Table], push_id: str, note: str) -> dt.datetime | None:
        """Carry through or clear away what a dead push left; when it took effect."""
        return self._journal.settle(tables, push_id, note)

    def close(self) -> None:
        """Nothing is held open."""

    def _files(self, table: Table) -> list[Path]:
        return sorted((self.root / table.name).rglob("*.parquet"))

    def _files_at(self, table: Table, as_of: dt.datetime) -> dict[str, Path]:
        """The files of a table at an instant, by the name they had: kept ones before present."""
        found = {str(file.relative_to(self.root)): file for file in self._files(table)}
        for push in reversed(self._journal.past()):
            if push.committed <= as_of:
                break
            for name, kept in push.before.items():
                if name.startswith(f"{table.name}/"):
                    found.pop(name, None)
                    if kept:
                        found[name] = self.root / kept
        return dict(sorted(found.items()))

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


def _no_schemas(url: str, table: Table) -> UsageError:
    return UsageError(
        f"{url} is a folder of files: `{table.name}` has no schema there to compare or change",
        hint="name a warehouse with schemas: --to bigquery://PROJECT",
    )


def _in(table: Table, within: Interval) -> pl.Expr:
    return pl.col(table.partition_by).is_between(within.start, within.end, closed="left")


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
