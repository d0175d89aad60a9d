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

from nba_local.errors import ContractError, UsageError, WarehouseError
from nba_local.storage.disk import room
from nba_local.storage.lock import held
from nba_local.tables.calendar import month_of
from nba_local.tables.schema import Field, load_contract
from nba_local.warehouse import Drift, PartitionState, Receipt, ignore_note
from nba_local.warehouse.folder import contents, scan, shown
from nba_local.warehouse.journal import Journal
from nba_local.warehouse.lossless import accept, is_date
from nba_local.words import counted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from nba_local.tables.calendar import Interval
    from nba_local.tables.table import Table
    from nba_local.warehouse import Access, Change, LiveTable, Ready, SchemaChange


class FileWarehouse:
    """A folder of Parquet as a warehouse. A file's size and time of change are its token."""

    has_datasets = False

    def __init__(self, folder: str) -> None:
        self.root = Path(folder).expanduser()
        self.folder: Path | None = self.root
        self.url = f"file://{folder}"
        self._journal = Journal(self.root, self.url, self._files)
        self._counts: dict[str, Mapping[dt.date | None, int]] = {}

    def require(self) -> None:
        """Raises: WarehouseError where the folder does not exist."""
        if not self.root.is_dir():
            raise WarehouseError(
                f"{self.url}: there is no such folder; nothing was read",
                hint="a warehouse is a folder with a subfolder of Parquet files per table",
            )

    def require_writable(self) -> None:
        """Raises: WarehouseError where the folder, or the one to hold it, may not be written."""
        place = next(p for p in (self.root, *self.root.absolute().parents) if os.path.lexists(p))
        if not place.is_dir():
            raise WarehouseError(
                f"{self.url}: {place} is not a folder; nothing was pushed",
                hint="name another folder with --to",
            )
        if not os.access(place, os.W_OK):
            raise WarehouseError(
                f"{self.url}: {place} may not be written; nothing was pushed",
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
        """The present instant, never before the newest push into the folder."""
        return self._journal.now()

    def partitions(
        self, table: Table, within: Interval, as_of: dt.datetime
    ) -> dict[dt.date, PartitionState]:
        """Dates with rows. Reads the partition column of every new file. Raises: WarehouseError."""
        parts: dict[dt.date, list[tuple[int, str, int]]] = {}
        for token, size, counts in self._counted(table, as_of):
            each = size // max(1, sum(counts.values()))
            for date, rows in counts.items():
                if date is not None and date in within:
                    parts.setdefault(date, []).append((rows, token, rows * each))
        return {
            date: PartitionState(
                sum(rows for rows, _, _ in own),
                "|".join(token for _, token, _ in own),
                sum(size for _, _, size in own),
            )
            for date, own in sorted(parts.items())
        }

    def require_source(self, table: Table, *, had_rows: bool = False) -> None:
        """Raises: WarehouseError where the folder of `table` is absent or not all Parquet."""
        where, undone = f"{self.url}/{table.name}", "nothing was read, nothing was removed"
        hint = f"is {self.root.absolute()} the right folder, and is all of it there?"
        if not os.path.lexists(self.root / table.name):
            message = f"{self.url}: no such table in the warehouse: `{table.name}`; {undone}"
            raise WarehouseError(message, hint=hint)
        listed = contents(self.root / table.name, self.url)
        if listed.others:
            first = shown(listed.others[0], self.root)
            raise WarehouseError(
                f"{where}: {len(listed.others)} files are not Parquet, first {first}; {undone}",
                hint="move them away, or rename them to begin with `_`",
            )
        if not listed.parquet:
            raise WarehouseError(f"{where}: no Parquet file in it; {undone}", hint=hint)
        if had_rows and not any(rows for _, _, rows in self._counted(table, self.now())):
            raise WarehouseError(
                f"{where}: no row in {counted(len(listed.parquet), 'file')}, but rows were "
                f"pulled from it before; {undone}",
                hint="if the rows were removed on purpose: "
                f"nba-local pull ... --accept-gone {table.name}",
            )

    def undated(self, table: Table, as_of: dt.datetime) -> int:
        """Rows whose partition column is NULL."""
        return sum(counts.get(None, 0) for _, _, counts in self._counted(table, as_of))

    def columns(
        self, table: Table, months: Collection[str], as_of: dt.datetime
    ) -> dict[str, frozenset[str]]:
        """Names of the columns of the files that have rows of each month."""
        found = dict.fromkeys(months, frozenset[str]())
        with self._journal.beside():
            for file in self._files_at(table, as_of).values():
                _, _, counts = self._count(table, file)
                if own := {month_of(day) for day in counts if day} & found.keys():
                    with self._reading(file):
                        names = self._scan(file).collect_schema().names()
                    found |= {month: found[month].union(names) for month in own}
        return found

    def _counted(
        self, table: Table, as_of: dt.datetime
    ) -> list[tuple[str, int, Mapping[dt.date | None, int]]]:
        """Of every file its token, its size, and its rows by date; counted once per token."""
        with self._journal.beside():
            return [self._count(table, file) for file in self._files_at(table, as_of).values()]

    def _count(self, table: Table, file: Path) -> tuple[str, int, Mapping[dt.date | None, int]]:
        stat = file.stat()
        token = f"{shown(file, self.root)}:{stat.st_size}:{stat.st_mtime_ns}"
        if token not in self._counts:
            with self._reading(file):
                day = self._day(table, file)
                rows = self._scan(file).group_by(day).len().sort(table.partition_by)
                self._counts[token] = dict(rows.collect().iter_rows())
        return token, stat.st_size, self._counts[token]

    def _day(self, table: Table, file: Path) -> pl.Expr:
        """The partition column of a file as dates. Raises: ContractError where it has none."""
        kind = self._scan(file).collect_schema().get(table.partition_by)
        if kind is None or not is_date(kind):
            have = "missing" if kind is None else str(kind)
            names = self._scan(file).collect_schema().names()
            if kind is None and (near := [n for n in names if n.lower() == table.partition_by]):
                have = f"called `{near[0]}`"
            raise ContractError(
                f"{self.url}: {shown(file, self.root)}: column `{table.partition_by}` is {have}, "
                "the contract says DATE; nothing was read",
                hint=f"write `{table.partition_by}` as DATE in the source, then pull again",
            )
        return pl.col(table.partition_by).cast(pl.Date)

    def read(
        self,
        table: Table,
        within: Interval,
        as_of: dt.datetime,
        columns: Sequence[str] | None = None,
    ) -> pl.DataFrame:
        """Rows of `within`, from the files that have any. Raises: ContractError, WarehouseError."""
        parts, span = [], (within.start, within.end)
        with self._journal.beside():
            for file in self._files_at(table, as_of).values():
                _, _, counts = self._count(table, file)
                if not any(day is not None and day in within for day in counts):
                    continue
                with self._reading(file):
                    inside = self._day(table, file).is_between(*span, closed="left")
                    rows = self._scan(file).filter(inside).collect()
                where = f"{self.url}: {shown(file, self.root)}"
                parts.append(accept(table.contract, rows, where))
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
    def lock(
        self, tables: Sequence[Table], push_id: str, ended: Collection[str] = ()
    ) -> Iterator[None]:
        """Nobody else pushes into the folder inside the block.

        Raises:
            LockedError: Somebody else does.
            WarehouseError: It is no folder, or may not be written to.
        """
        del tables, ended  # the folder has one lock, which ends with its process
        self.require_writable()
        self.root.mkdir(parents=True, exist_ok=True)
        with (
            room(self.root, "push"),
            held(self.root, f"push {push_id}", "wait for it to end", ".push-lock"),
        ):
            yield

    def replace(
        self, changes: Sequence[Change], push_id: str, ready: Ready = ignore_note
    ) -> Receipt:
        """Apply all changes. Raises: ContractError, WarehouseError."""
        return self._journal.replace(changes, push_id, ready)

    def settle(self, tables: Sequence[Table], push_id: str, note: str) -> dt.datetime | None:
        """Carry through or clear away what a dead push left; when it took effect."""
        return self._journal.settle(tables, push_id, note)

    def close(self) -> None:
        """Nothing is held open."""

    def _files(self, table: Table) -> list[Path]:
        return list(contents(self.root / table.name, self.url).parquet)

    def _files_at(self, table: Table, as_of: dt.datetime) -> dict[str, Path]:
        """The files of a table at an instant, by the name they had: kept ones before present."""
        files = {str(file.relative_to(self.root)): file for file in self._files(table)}
        for push in self._journal.since(as_of):
            for name, kept in push.before.items():
                if name.startswith(f"{table.name}/"):
                    files.pop(name, None)
                    if kept:
                        files[name] = self.root / kept
        return dict(sorted(files.items()))

    def _scan(self, file: Path) -> pl.LazyFrame:
        return scan(file)

    @contextmanager
    def _reading(self, file: Path) -> Iterator[None]:
        """A file that cannot be read is named, by its path in the warehouse."""
        try:
            yield
        except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
            # Polars panics where a file changes under its hands
            first = str(error).partition("\n")[0]
            raise WarehouseError(
                f"{self.url}: {shown(file, self.root)} cannot be read: {first}; "
                "nothing of it was read",
                hint="is it complete, and Parquet? copy it again, then repeat",
            ) from error


def _no_schemas(url: str, table: Table) -> UsageError:
    return UsageError(
        f"{url} is a folder of files: `{table.name}` has no schema there to compare or change",
        hint="name a warehouse with schemas: --to bigquery://PROJECT",
    )


def _type(field: Field) -> str:
    size = f"({field.precision},{field.scale})" if field.precision else ""
    return f"{field.type}{size}"


def _differences(table: Table, live: Mapping[str, tuple[str, str]]) -> tuple[Drift, ...]:
    ours = {f.name: (_type(f), f.mode) for f in table.contract.fields}
    differences = []
    for name in sorted(ours.keys() | live.keys()):
        have, want = live.get(name), ours.get(name)
        if have != want:
            differences.append(
                Drift(
                    table.name,
                    name,
                    " ".join(want).strip() if want else "absent",
                    " ".join(have).strip() if have else "absent",
                )
            )
    return tuple(differences)
