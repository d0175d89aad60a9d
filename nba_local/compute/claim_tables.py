"""Claim tables: the rows of a season that claims about feature tables read, each loaded once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from nba_local.storage import queries
from nba_local.storage.duck import (
    add_counted,
    add_view,
    counted_sql,
    counted_when,
    quoted,
    set_variables,
    words_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import duckdb
    import polars as pl

    from nba_local.compute.check import Subject
    from nba_local.storage.workspace import Workspace
    from nba_local.tables.calendar import Season
    from nba_local.tables.table import Table


class ClaimTables:
    """Tables of one season in a database in memory, for the claims of all its feature tables.

    A table to be checked lies in a schema of its own: it can be loaded on another thread while
    others are checked. Its readers see it when it is `settled`, and what is published of it before.
    What only the claims of one table see (its dates, what is published of others) is in another
    schema, which no reader looks into. To be closed: `with`.
    """

    def __init__(self, work: Workspace, season: Season) -> None:
        import duckdb

        self._work, self._season = work, season
        self._con = duckdb.connect()
        self._con.execute("SET threads = 1")  # the claims run side by side instead
        self._con.execute("SET parquet_metadata_cache = true")
        self._settled: set[str] = set()
        self._sources: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of all tables."""
        self._con.close()

    def load(self, table: Table, files: Sequence[Path]) -> None:
        """Load the rows of `files`, in place of those loaded before. Reads the files.

        Every claim of a view would open its files again, which takes longer than most claims do.
        """
        con = self._con.cursor()
        _use_empty(con, _rows_of(table))
        _copy(con, table, files, "*")

    def settle(self, table: Table) -> None:
        """What was loaded of a table is what is published of it: claims of others read it."""
        self._settled.add(table.name)

    def cursors(self, subject: Subject, number: int) -> list[duckdb.DuckDBPyConnection]:
        """Connections in which any claim about `subject`, which is loaded, can be run."""
        work, table = self._work, subject.table
        con = self._con.cursor()
        _use_empty(con, _beside(table))
        path = [_beside(table), _rows_of(table)]
        text = "\n".join(claim.sql for claim in table.checks)
        apart = _counts_apart(work, subject)
        asked = text + counted_sql(work.registry.package) if apart else text
        _prepare(con, work, subject, [_beside(table)], asked)
        if apart:
            sources = [(source, self._files(source)) for source in work.registry.sources]
            add_counted(con, work.registry.package, sources)
        for other in work.registry.tables.values():
            if other.name == table.name or other.name not in words_of(text):
                continue
            if other.name in self._settled:
                path.append(_rows_of(other))
            elif not other.is_source:
                add_view(con, other, self._files(other))
            elif not apart:
                readers = [table] if table.is_source else work.registry.features
                self._add_source(other, readers)
        if subject.dates is not None:
            _add_dates(con, subject.dates, table.partition_by)
        made = [con, *(self._con.cursor() for _ in range(number - 1))]
        for cursor in made:
            _prepare(cursor, work, subject, [*path, "main"], asked)
        return made

    def _files(self, table: Table) -> Sequence[Path]:
        return self._work.store.files(table.layer, table.name, self._season)

    def _add_source(self, table: Table, readers: Sequence[Table]) -> None:
        """The columns of a source table that claims of `readers` name; all, where by a pattern."""
        if table.name in self._sources:
            return
        self._sources.add(table.name)
        text = "\n".join(
            claim.sql
            for reader in readers
            for claim in reader.checks
            if table.name in words_of(claim.sql)
        ).lower()
        words = words_of(text)
        named = [f'"{name}"' for name in table.contract.columns if name.lower() in words]
        columns = "*" if "columns(" in text or not named else ", ".join(named)
        _copy(self._con, table, self._files(table), columns)


def _rows_of(table: Table) -> str:
    return f"rows_of_{table.name}"


def _beside(table: Table) -> str:
    return f"beside_{table.name}"


def _use_empty(con: duckdb.DuckDBPyConnection, schema: str) -> None:
    con.execute(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE')
    con.execute(f'CREATE SCHEMA "{schema}"')
    con.execute(f'USE "{schema}"')


def _prepare(
    con: duckdb.DuckDBPyConnection,
    work: Workspace,
    subject: Subject,
    path: Sequence[str],
    asked: str,
) -> None:
    """Let a connection find tables by their names in the schemas of `path`.

    Of the variables those are set that the SQL `asked` names: each is a statement of its own.
    """
    schemas = ",".join(f'"{schema}"' for schema in path)
    con.execute(f"SET search_path = {quoted(schemas)}")
    con.execute("SET TimeZone = 'UTC'")
    con.execute("SET python_enable_replacements = false")  # a name is a table, no variable of ours
    dates = work.bounds.interval(subject.season)
    set_variables(con, work.rules, subject.table, subject.season, dates, asked)


def _copy(
    con: duckdb.DuckDBPyConnection, table: Table, files: Sequence[Path], columns: str
) -> None:
    """Rows of files as a table called as theirs."""
    add_view(con, table, files)
    con.execute(f'CREATE TABLE loaded AS SELECT {columns} FROM "{table.name}"')  # noqa: S608 - ours
    con.execute(f'DROP VIEW "{table.name}"; ALTER TABLE loaded RENAME TO "{table.name}"')


def _counts_apart(work: Workspace, subject: Subject) -> bool:
    """Whether rows of the sources may not count: a claim about them has found something."""
    names = counted_when(work.registry.package)
    if subject.table.is_source or not names or work.rules.name != next(iter(work.registry.presets)):
        return False
    return queries.any_finding(work.ledger, subject.season, names)


def _add_dates(con: duckdb.DuckDBPyConnection, dates: pl.DataFrame, by: str) -> None:
    con.execute(
        f'CREATE TABLE dates ("{by}" DATE, state VARCHAR, detail VARCHAR, rows BIGINT, '
        "ready_rows BIGINT, non_rows BIGINT, entities_expected BIGINT, entities_found BIGINT)"
    )
    columns = [column.to_list() for column in dates.iter_columns()]
    con.execute(f"INSERT INTO dates SELECT {', '.join(['unnest(?)'] * len(columns))}", columns)
