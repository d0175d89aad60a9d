"""The claims of source tables: each table is loaded once, in one connection for a season."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Self

from nba_local.compute.check import AT_ONCE, Subject, findings_of
from nba_local.storage.duck import add_view, set_variables

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

    import duckdb
    import polars as pl

    from nba_local.storage.source_rows import SourceRows
    from nba_local.storage.workspace import Workspace
    from nba_local.tables.calendar import Season
    from nba_local.tables.results import Finding
    from nba_local.tables.table import Check, Table


class SourceClaims:
    """A connection in which the claims of source tables run about one season, and its rows."""

    def __init__(
        self, work: Workspace, season: Season, tables: Iterable[Table], rows: SourceRows
    ) -> None:
        """Load `tables` and the stored tables that their claims name.

        Raises:
            AlteredFileError: A file is missing, altered or was added.
        """
        import duckdb

        self._work, self._season = work, season
        self._con = duckdb.connect()
        try:
            self._con.execute("SET threads = 1")  # the claims run side by side instead
            names = set(re.findall(r"\w+", "\n".join(c.sql for t in tables for c in t.checks)))
            names.update(table.name for table in tables)
            for table in work.registry.tables.values():
                if table.name in names and table.is_source:
                    add_rows(self._con, table, rows.of(table, season))
                elif table.name in names:
                    add_view(self._con, table, work.store.files(table.layer, table.name, season))
            self._cursors: SimpleQueue[duckdb.DuckDBPyConnection] = SimpleQueue()
            for _ in range(AT_ONCE):
                cursor = self._con.cursor()
                cursor.execute("SET TimeZone = 'UTC'")
                self._cursors.put(cursor)
        except BaseException:
            self._con.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._con.close()

    def findings(self, table: Table) -> tuple[Finding, ...]:
        """Findings of all claims of a source table about its rows, by claim and date.

        Raises:
            PipelineError: A claim does not run, or does not return the partition column.
        """
        cursors = [self._cursors.get() for _ in range(AT_ONCE)]
        dates = self._work.bounds.interval(self._season)
        text = "\n".join(claim.sql for claim in table.checks)
        for cursor in cursors:
            set_variables(cursor, self._work.rules, table, self._season, dates, text)
            self._cursors.put(cursor)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            found = list(pool.map(lambda claim: self._run(table, claim), table.checks))
        return tuple(sorted((f for part in found for f in part), key=lambda f: (f.claim, f.date)))

    def _run(self, table: Table, claim: Check) -> list[Finding]:
        subject = Subject(table, self._season, (), None)
        cursor = self._cursors.get()
        try:
            return findings_of(cursor, self._work.store, subject, claim)
        finally:
            self._cursors.put(cursor)


def add_rows(con: duckdb.DuckDBPyConnection, table: Table, rows: pl.DataFrame) -> None:
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
