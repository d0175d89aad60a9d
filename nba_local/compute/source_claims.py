"""The claims of source tables: all of a season at once, in one connection."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import TYPE_CHECKING, Self

from nba_local.compute.check import AT_ONCE, Subject, findings_of
from nba_local.storage.duck import add_view, set_variables, words_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from concurrent.futures import Future
    from types import TracebackType

    import duckdb

    from nba_local.compute.arriving import ArrivingRows
    from nba_local.storage.workspace import Workspace
    from nba_local.tables.calendar import Season
    from nba_local.tables.results import Finding
    from nba_local.tables.table import Check, Table


class SourceClaims:
    """The claims of source tables about one season, which begin to run when it is made."""

    def __init__(
        self, work: Workspace, season: Season, tables: Iterable[Table], rows: ArrivingRows
    ) -> None:
        """Load `tables` and the stored tables that their claims name.

        Raises:
            AlteredFileError: A file is missing, altered or was added.
        """
        self._work, self._season = work, season
        names = {table.name for table in tables}
        names.update(*(words_of(claim.sql) for table in tables for claim in table.checks))
        named = [table for table in work.registry.tables.values() if table.name in names]
        con = rows.connection(season, (table for table in named if table.is_source))
        for table in named:
            if not table.is_source:
                add_view(con, table, work.store.files(table.layer, table.name, season))
        self._threads = ThreadPoolExecutor(AT_ONCE)
        self._begun: dict[str, list[Future[list[Finding]]]] = {}
        for table in tables:
            cursors = self._cursors(con, table)
            self._begun[table.name] = [
                self._threads.submit(self._run, cursors, table, claim) for claim in table.checks
            ]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._threads.shutdown(cancel_futures=True)

    def findings(self, table: Table) -> tuple[Finding, ...]:
        """Findings of all claims of a source table about its rows, by claim and date.

        Raises:
            PipelineError: A claim does not run, or does not return the partition column.
        """
        found = [finding for begun in self._begun[table.name] for finding in begun.result()]
        return tuple(sorted(found, key=lambda finding: (finding.claim, finding.date)))

    def _cursors(
        self, con: duckdb.DuckDBPyConnection, table: Table
    ) -> SimpleQueue[duckdb.DuckDBPyConnection]:
        """Cursors with the variables that the claims of a table ask for, one a thread."""
        dates = self._work.bounds.interval(self._season)
        text = "\n".join(claim.sql for claim in table.checks)
        cursors: SimpleQueue[duckdb.DuckDBPyConnection] = SimpleQueue()
        for _ in range(AT_ONCE):
            cursor = con.cursor()
            cursor.execute("SET TimeZone = 'UTC'")
            set_variables(cursor, self._work.rules, table, self._season, dates, text)
            cursors.put(cursor)
        return cursors

    def _run(
        self, cursors: SimpleQueue[duckdb.DuckDBPyConnection], table: Table, claim: Check
    ) -> list[Finding]:
        subject = Subject(table, self._season, (), None)
        cursor = cursors.get()
        try:
            return findings_of(cursor, self._work.store, subject, claim)
        finally:
            cursors.put(cursor)
