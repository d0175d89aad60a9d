"""Rows of sources as they arrive: loaded for their claims and measured while others are read."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Self

from nba_local.compute.columns import Profile, profile
from nba_local.storage.duck import add_view
from nba_local.storage.source_rows import SourceRows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from concurrent.futures import Future

    import duckdb
    import polars as pl

    from nba_local.storage.store import Store
    from nba_local.tables.calendar import Season
    from nba_local.tables.table import Table


class ArrivingRows(SourceRows):
    """Rows of source tables; what claims and profiles need of a whole season is begun at once.

    To be closed: `with`.
    """

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._loading, self._measuring = ThreadPoolExecutor(1), ThreadPoolExecutor(1)
        self._connections: dict[Season, duckdb.DuckDBPyConnection] = {}
        self._loaded: dict[tuple[str, Season], Future[None]] = {}
        self._profiles: dict[tuple[str, Season], Future[Profile]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._measuring.shutdown(cancel_futures=True)
        self._loading.shutdown(cancel_futures=True)
        for con in self._connections.values():
            con.close()

    def keep(self, table: Table, season: Season, months: Sequence[pl.DataFrame]) -> None:
        """Keep all rows of a season, which were just stored, and begin to load and measure them."""
        super().keep(table, season, months)
        key = table.name, season
        if key in self:
            self._loaded[key] = self._load(table, season)
            self._profiles[key] = self._measure(table, season)

    def profile(self, table: Table, season: Season) -> Future[Profile]:
        """What there is to say of the columns of a season, once: it is let go of."""
        return self._profiles.pop((table.name, season), None) or self._measure(table, season)

    def _measure(self, table: Table, season: Season) -> Future[Profile]:
        is_large = self.is_large(table, season)
        rows = self.lazy(table, season) if is_large else self.of(table, season).lazy()
        return self._measuring.submit(profile, table, rows)

    def connection(self, season: Season, tables: Iterable[Table]) -> duckdb.DuckDBPyConnection:
        """A connection in which `tables` are called by their names, until `forget`.

        Those that are large are views of their files, all others are copied.

        Raises:
            AlteredFileError: A file of rows that are not at hand is missing, altered or was added.
        """
        for table in tables:
            key = table.name, season
            if key not in self._loaded:
                self._loaded[key] = self._load(table, season)
        for (_, of), load in self._loaded.items():
            if of == season:
                load.result()
        return self._connections[season]

    def forget(self, season: Season) -> None:
        """Let go of a season."""
        super().forget(season)
        for key in [key for key in self._loaded if key[1] == season]:
            self._loaded.pop(key).result()
        if season in self._connections:
            self._connections.pop(season).close()

    def _load(self, table: Table, season: Season) -> Future[None]:
        if self.is_large(table, season):
            files = self.store.files("raw", table.name, season, hashed=True)
            return self._loading.submit(lambda: add_view(self._opened(season), table, files))
        rows = self.of(table, season)
        return self._loading.submit(lambda: _add_rows(self._opened(season), table, rows))

    def _opened(self, season: Season) -> duckdb.DuckDBPyConnection:
        """The connection of a season; to be called on the thread that loads."""
        import duckdb

        if season not in self._connections:
            self._connections[season] = duckdb.connect()
            self._connections[season].execute("SET threads = 1")  # claims run side by side instead
        return self._connections[season]


def _add_rows(con: duckdb.DuckDBPyConnection, table: Table, rows: pl.DataFrame) -> None:
    """A copy of `rows` called as the table; columns without a value are not carried over."""
    never = {name for name in rows.columns if rows[name].null_count() == rows.height}
    if len(never) == rows.width:
        add_view(con, table, ())
        return
    incoming = _Stream(rows.drop(never))  # noqa: F841 - DuckDB takes it by its name
    kinds = {field.name: field.sql for field in table.contract.fields}
    columns = ", ".join(
        f'NULL::{kinds[name]} AS "{name}"' if name in never else f'"{name}"'
        for name in rows.columns
    )
    con.execute(f'CREATE TABLE "{table.name}" AS SELECT {columns} FROM incoming')  # noqa: S608 - ours


class _Stream:
    """Rows as DuckDB reads them by the Arrow C interface: it would import PyArrow for a frame."""

    def __init__(self, rows: pl.DataFrame) -> None:
        self._rows = rows

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self._rows.__arrow_c_stream__(requested_schema)
