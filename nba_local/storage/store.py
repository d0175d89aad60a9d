"""The data folder: monthly Parquet files, atomic replacement, lazy scans, DuckDB views.

DATA/raw/<table>/season=2021/2021-11.parquet         as pulled
DATA/published/<table>/season=2021/2021-11.parquet   checked feature rows; see `storage.files`
DATA/quarantine/<table>/season=2021/<claim>.parquet  rows that broke a claim
DATA/ledger.sqlite                                   what is where and how it came about
"""

from __future__ import annotations

import datetime as dt
import errno
import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from nba_local.errors import AlteredFileError, LedgerError
from nba_local.storage.duck import lock_down
from nba_local.storage.files import (
    LAYERS,
    OBJECTS,
    PUBLISHED,
    Place,
    link,
    proved,
    sweep,
    sync_folder,
)
from nba_local.storage.ledger import read_files
from nba_local.storage.lock import held, no_writing
from nba_local.storage.views import open_views
from nba_local.tables import packages
from nba_local.tables.calendar import Season
from nba_local.tables.fingerprint import of_file
from nba_local.tables.results import StoredFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from io import BytesIO

    import duckdb

    from nba_local.tables.table import Table

GENERATIONS = 20
"""Generations that may be published while a reader looks for the files of one."""

COMPRESSION_LEVEL = 1
"""zstd level of stored files: encoding dominates the time of a pull, the gain above 1 is small."""


@dataclass(frozen=True, slots=True)
class Store:
    """Paths and files of one data folder."""

    root: Path

    @property
    def ledger_path(self) -> Path:
        """The ledger file."""
        return self.root / "ledger.sqlite"

    def seasons(self, layer: str, table: str) -> list[Season]:
        """The seasons that are stored of a table, in order."""
        folders = (self.root / layer / table).glob("season=*")
        return sorted(Season(int(folder.name.removeprefix("season="))) for folder in folders)

    def folder(self, layer: str, table: str, season: Season) -> Path:
        """Folder of a season of a table in `raw` or `published`."""
        return self.root / layer / table / f"season={season.year}"

    def file(self, layer: str, table: str, season: Season, month: str) -> Path:
        """File of a month, e.g. `2021-11`."""
        return self.folder(layer, table, season) / f"{month}.parquet"

    def files(self, layer: str, table: str, season: Season, *, hashed: bool = False) -> list[Path]:
        """The files of a season that the ledger names, in order of their months, proved intact.

        Of published rows they are of one generation. A folder without a ledger is read as it lies.

        hashed: Every file is proved by its hash; else where its size or time is not as recorded.

        Raises:
            AlteredFileError: A file is missing, altered or was added; message and hint say which,
                and what writes it again.
        """
        folder = self.folder(layer, table, season)
        if not self.ledger_path.exists():
            return sorted(folder.glob("*.parquet"))
        place = Place(folder, layer, season)
        for _ in range(GENERATIONS):
            records, is_linked = read_files(self.ledger_path, layer, table, season)
            try:
                return proved(place, records, hashed=hashed, is_linked=is_linked)
            except AlteredFileError:
                # published anew since the ledger was read?
                if read_files(self.ledger_path, layer, table, season) == (records, is_linked):
                    raise
        raise LedgerError(f"{folder} is written to faster than it can be read", hint="try again")

    def scan(
        self, layer: str, table: Table, seasons: Sequence[Season], *, hashed: bool = False
    ) -> pl.LazyFrame:
        """Rows of `seasons`, lazily, in the contract's types; no rows where nothing is stored.

        hashed, Raises: See `files`.
        """
        files = [
            file
            for season in seasons
            for file in self.files(layer, table.name, season, hashed=hashed)
        ]
        if not files:
            return pl.LazyFrame(schema=table.contract.polars)
        return pl.scan_parquet(files, glob=False, hive_partitioning=False)

    def read(
        self, layer: str, table: Table, seasons: Sequence[Season], *, hashed: bool = False
    ) -> pl.DataFrame:
        """Rows of `seasons`, of one generation each, whoever publishes meanwhile.

        hashed, Raises: See `files`.
        """
        for _ in range(GENERATIONS):
            try:
                return self.scan(layer, table, seasons, hashed=hashed).collect()
            except FileNotFoundError:
                continue  # an older generation was removed: the ledger names a newer one
        raise LedgerError(f"{table.name} is written to faster than it can be read; try again")

    def write(self, path: Path, frame: pl.DataFrame) -> StoredFile:
        """Replace `path` with `frame`: written beside it, flushed to disk, renamed.

        A reader, or a crash, sees the old file or the new one.
        """
        return self._placed(path, frame.height, lambda temporary: encode(frame, temporary))

    def place(self, path: Path, data: bytes, rows: int) -> StoredFile:
        """Replace `path` with a file of so many rows that `encode` made elsewhere; see `write`."""
        return self._placed(path, rows, lambda temporary: temporary.write_bytes(data))

    def _placed(self, path: Path, rows: int, fill: Callable[[Path], object]) -> StoredFile:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".tmp-{os.getpid()}-{path.stem}")  # no reader looks for it
        try:
            fill(temporary)
            with temporary.open("rb") as file:
                os.fsync(file.fileno())
            stat = temporary.stat()
            sha256 = of_file(temporary)
            written = StoredFile(path, rows, stat.st_size, sha256, stat.st_mtime_ns)
            temporary.replace(path)
            if self.staging not in path.parents:  # staged files are not kept
                sync_folder(path.parent)
        finally:
            temporary.unlink(missing_ok=True)
        return written

    @property
    def staging(self) -> Path:
        """Folder of computed rows that are not checked yet; emptied by every run."""
        return self.root / "staged"

    @contextmanager
    def locked(self, verb: str) -> Iterator[None]:
        """Be the only writer of the folder; leftovers of a run that died are removed first.

        Raises:
            LockedError: Another process writes; the message names it.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise LedgerError(
                f"{self.root} is a file, not a data folder; nothing was done",
                hint="name a folder with --data",
            ) from error
        except OSError as error:
            if error.errno not in {errno.EACCES, errno.EPERM, errno.EROFS}:
                raise
            raise no_writing(self.root) from error
        with held(self.root, verb, "wait for it to end, or use another --data folder"):
            self._sweep()
            yield

    def clear_staging(self) -> None:
        """Remove what was staged; the folder itself stays where it is a link."""
        if self.staging.is_symlink():
            for child in self.staging.iterdir():
                shutil.rmtree(child) if child.is_dir() else child.unlink()
        elif self.staging.exists():
            shutil.rmtree(self.staging)

    def _sweep(self) -> None:
        self.clear_staging()
        for layer in LAYERS:
            for pattern in ("*/*/.tmp-*", f"*/*/{OBJECTS}/.tmp-*"):
                for leftover in (self.root / layer).glob(pattern):
                    leftover.unlink()
        if self.ledger_path.exists():
            self._settle()

    def _settle(self) -> None:
        """Finish the links of a run that died, and remove objects of older generations."""
        for folder in (self.root / PUBLISHED).glob(f"*/season=*/{OBJECTS}"):
            season = Season(int(folder.parent.name.removeprefix("season=")))
            table = folder.parents[1].name
            records, is_linked = read_files(self.ledger_path, PUBLISHED, table, season)
            hashes = [(record.month, record.sha256) for record in records]
            if not is_linked:
                link(folder.parent, dict(hashes))
            sweep(folder.parent, hashes)


def encode(frame: pl.DataFrame, to: Path | BytesIO) -> None:
    """Write `frame` as stored files are."""
    frame.write_parquet(to, compression="zstd", compression_level=COMPRESSION_LEVEL)


def changed_dates(
    old: pl.DataFrame, new: pl.DataFrame, by: str, columns: Sequence[str]
) -> tuple[dt.date, ...]:
    """Dates `by` whose rows differ between two frames in `columns`, whatever the order of rows.

    Hashes are compared within this process only, never stored.
    """
    if old.is_empty():
        return tuple(new[by].unique().sort())

    def contents(frame: pl.DataFrame) -> pl.DataFrame:
        hashes = frame.select(columns).hash_rows(seed=7)
        return (
            frame.select(date=by)
            .with_columns(hash=hashes)
            .group_by("date")
            .agg(rows=pl.len(), total=pl.col("hash").cast(pl.Int128).sum())
        )

    both = contents(old).join(contents(new), on="date", how="full", suffix="_new", coalesce=True)
    differs = pl.col("rows").ne_missing(pl.col("rows_new")) | pl.col("total").ne_missing(
        pl.col("total_new")
    )
    return tuple(both.filter(differs)["date"].sort())


def scan(table: str, seasons: Sequence[str] = (), data: str | Path = "data") -> pl.LazyFrame:
    """Rows of a table of a data folder, lazily: published feature rows, or raw source rows.

    Args:
        table: A table's name, e.g. `player_shot_zone_analysis`.
        seasons: Seasons as `2021-22`; all stored ones where not given.
        data: The data folder.

    Raises:
        UsageError: No such table, or a malformed season.
        LedgerError: There is no such data folder.
    """
    registry, store = packages.load(), _existing(data)
    found = registry.table(table)
    wanted = [Season.parse(text) for text in seasons] or store.seasons(found.layer, table)
    return store.scan(found.layer, found, wanted)


def _existing(data: str | Path) -> Store:
    store = Store(Path(data).expanduser())
    if not store.ledger_path.exists():
        raise LedgerError(
            f"{data} is not a data folder",
            hint="pull a season first: nba-local pull --season 2021-22",
        )
    return store


def connect(
    data: str | Path = "data", pipelines: str | Path | None = None, query: str | None = None
) -> duckdb.DuckDBPyConnection:
    """A DuckDB connection in memory with a view per stored table and a table per ledger table.

    `quarantine_<table>` has the rows of a table that broke a claim, as `quarantine()` gives them;
    `lab_trials` and `lab_losses` are the lab's ledger. Views have the tables' names
    (`player_shot_zone_analysis`, ...); ledger tables are called `ledger_<name>`, e.g.
    `ledger_partitions`. Ledger tables are copies as of now, views are over the seasons that are
    published now. The connection can neither read nor write files by itself, and its configuration
    is locked: no statement changes the folder. `pipelines` is the folder of the tables, where it is
    not the usual one. With a `query` only the tables that it names are opened, which is faster.

    Raises:
        LedgerError: There is no such data folder.
        AlteredFileError: A file of it is not as it was stored.
    """
    import duckdb

    registry, store = packages.load(pipelines), _existing(data)
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'")
    open_views(con, registry, store, query)
    lock_down(con)
    return con
