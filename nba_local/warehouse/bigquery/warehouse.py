"""`bigquery://PROJECT`: BigQuery itself, or a local server that speaks its two protocols.

Only the endpoints differ between the two. Rows come through the Storage Read API, partition states
through INFORMATION_SCHEMA, changes go as `push.Push`.
"""

from __future__ import annotations

import datetime as dt
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import polars as pl
import pyarrow as pa
from google.api_core import exceptions as api
from google.cloud import bigquery

from nba_local.errors import SessionEndedError, WarehouseError
from nba_local.warehouse import Drift, PartitionState, ignore_note
from nba_local.warehouse.bigquery.access import access
from nba_local.warehouse.bigquery.connection import Connection
from nba_local.warehouse.bigquery.errors import translated
from nba_local.warehouse.bigquery.lock import Lock, release
from nba_local.warehouse.bigquery.partitions import counts, is_daily, listed, states, undated
from nba_local.warehouse.bigquery.push import Push, settle
from nba_local.warehouse.bigquery.read import query_table, stream_tables, typed
from nba_local.warehouse.bigquery.schema import apply, ensure, live_column, live_table, table_id

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from nba_local.tables.calendar import Interval
    from nba_local.tables.schema import Field
    from nba_local.tables.table import Table
    from nba_local.warehouse import (
        Access,
        Change,
        LiveColumn,
        LiveTable,
        Ready,
        Receipt,
        SchemaChange,
    )

LEAST_BUDGET = 10 * 2**20
"""BigQuery accepts no smaller `maximum_bytes_billed`."""

BUDGET = 2 * 2**30
"""Bytes that one query may bill; five seasons of every table stay far below."""

CLOCK_MARGIN = dt.timedelta(seconds=5)
"""How far `now()` stays behind BigQuery's clock, so that no snapshot lies in the future."""

OURS = "_nba_local_"
"""What staging tables and locks are called."""

_TICK = dt.timedelta(milliseconds=1)
"""Times in table and job metadata are cut to milliseconds."""


class BigQueryWarehouse:
    """A `Warehouse` in BigQuery. Nothing is contacted before the first call.

    Args:
        project: Google Cloud project.
        rest_endpoint: URL of a local server, with `storage_endpoint`; None for BigQuery.
        storage_endpoint: host:port of its Storage Read service.
        budget: Bytes that each query may bill, at least 10 MiB.
    """

    has_datasets = True
    folder: Path | None = None

    def __init__(
        self,
        project: str,
        rest_endpoint: str | None = None,
        storage_endpoint: str | None = None,
        budget: int = BUDGET,
    ) -> None:
        self.url = f"bigquery://{project}"
        self._project = project
        self._budget = max(budget, LEAST_BUDGET)
        self._connection = Connection(project, rest_endpoint, storage_endpoint)
        self._margin = dt.timedelta(0) if self._connection.is_local else CLOCK_MARGIN
        self._pushed = dt.datetime.min.replace(tzinfo=dt.UTC)
        self._started: set[str] = set()
        self._kinds: dict[str, str] = {}
        """TABLE, VIEW, ... of the tables whose dates were asked for."""

    def require(self) -> None:
        """Raises: WarehouseError where BigQuery cannot be asked for the time."""
        self.now()

    def require_writable(self) -> None:
        """Raises: WarehouseError where no query job can be started."""
        self.now()

    def access(self, tables: Sequence[Table], *, write: bool) -> tuple[Access, ...]:
        """Datasets, their locations, and the account's permissions in them."""
        with translated(f"asking {self.url} what is allowed", "nothing was read"):
            return tuple(access(self._connection, tables, write=write))

    def leftovers(self, tables: Sequence[Table]) -> list[str]:
        """Staging tables and locks of pushes; none in a dataset that does not exist."""
        found: list[str] = []
        for dataset in sorted({table.contract.dataset for table in tables}):
            with translated(f"listing the tables of {self.url}/{dataset}", "nothing was read"):
                try:
                    listed = list(self._connection.client.list_tables(dataset))
                except api.NotFound:
                    continue
            names = [table.table_id for table in listed]
            found += [f"{dataset}.{name}" for name in names if name.startswith(OURS)]
        return found

    def now(self) -> dt.datetime:
        """The server's time less a margin, but never before the end of our own last push."""
        with translated(f"asking {self.url} for the time", "nothing was read"):
            moment = self._connection.now(self._budget)
        return max(moment - self._margin, self._pushed)

    def partitions(
        self, table: Table, within: Interval, as_of: dt.datetime
    ) -> dict[dt.date, PartitionState]:
        """Rows of each date at `as_of`, and a token that moves when the date is written.

        A date that was written after `as_of` gets a token that no later answer repeats, so that it
        counts as changed the next time. No bytes of the table are scanned unless it was.

        Of a view, and of a table that is not partitioned by its dates, they are counted. Nothing
        says which of them moved since: they are read whole each time.
        """
        contract, name = table.contract, table_id(self._project, table.contract)
        with translated(f"listing the partitions of `{name}`", "nothing was read"):
            live = self._connection.table(name)
            if live is None:
                return {}
            modified: dt.datetime = live.modified
            self._kinds[name] = live.table_type
            if not is_daily(live, contract):
                at = as_of if live.table_type == "TABLE" else None
                rows = counts(self._connection, self._budget, contract, within, at)
                return states(rows, {}, as_of)
            by_date = listed(self._connection, self._budget, contract, within, modified)
            if by_date is None:
                rows = counts(self._connection, self._budget, contract, within, as_of)
                return states(rows, dict.fromkeys(rows, modified), as_of)
            rows = {day: count for day, (count, _, _) in by_date.items()}
            written = {day: moment for day, (_, moment, _) in by_date.items()}
            if max([modified, *written.values()]) + _TICK > as_of:
                rows = counts(self._connection, self._budget, contract, within, as_of)
        sizes = {day: size for day, (_, _, size) in by_date.items()}
        return states(rows, written, as_of, sizes)

    def require_source(self, table: Table, *, had_rows: bool = False) -> None:
        """Raises: WarehouseError where the table is absent, or empty although it had rows."""
        name, undone = table_id(self._project, table.contract), "nothing was read, nothing removed"
        with translated(f"looking for `{name}`", undone):
            live = self._connection.table(name)
        if live is None:
            raise WarehouseError(
                f"{self.url}: no such table in the warehouse: `{name}`; {undone}",
                hint="is it the right project, and may the account see the dataset?",
            )
        if had_rows and live.table_type == "TABLE" and live.num_rows == 0:
            raise WarehouseError(
                f"`{name}` has no rows, and rows were pulled from it before; {undone}",
                hint="if the rows were removed on purpose: "
                f"nba-local pull ... --accept-gone {table.name}",
            )

    def undated(self, table: Table, as_of: dt.datetime) -> int:
        """Rows without a date; where they have a partition, its metadata tell how many."""
        del as_of
        contract, name = table.contract, table_id(self._project, table.contract)
        with translated(f"counting the rows of `{name}` without a date", "nothing was read"):
            live = self._connection.table(name)
            modes = {field.name: field.mode for field in live.schema} if live else {}
            if live is None or modes.get(contract.partition_by) == "REQUIRED":
                return 0
            daily = is_daily(live, contract)
            return undated(self._connection, self._budget, contract, daily=daily)

    def read(
        self,
        table: Table,
        within: Interval,
        as_of: dt.datetime,
        columns: Sequence[str] | None = None,
    ) -> pl.DataFrame:
        """Rows of `within` at `as_of`, in the contract's order and types.

        Raises:
            WarehouseError: A column is missing in the live table or has another type there.
        """
        fields = [f for f in table.contract.fields if columns is None or f.name in set(columns)]
        name = table_id(self._project, table.contract)
        with translated(f"reading `{name}` ({within})", "no rows were read"):
            try:
                if self._kinds.get(name, "TABLE") == "TABLE":
                    parts = stream_tables(self._connection, table.contract, fields, within, as_of)
                else:
                    budget = self._budget
                    parts = [query_table(self._connection, budget, table.contract, fields, within)]
            except SessionEndedError:  # the same rows in a new one
                parts = stream_tables(self._connection, table.contract, fields, within, as_of)
        rows = typed(parts, fields, name)
        parts.clear()
        pa.default_memory_pool().release_unused()
        return rows

    def columns(
        self, table: Table, months: Collection[str], as_of: dt.datetime
    ) -> dict[str, frozenset[str]]:
        """Names of the columns of the live table: in BigQuery every date has the same ones."""
        del as_of
        name = table_id(self._project, table.contract)
        with translated(f"reading the schema of `{name}`", "nothing was read"):
            live = self._connection.table(name)
        names = frozenset(column.name for column in live.schema) if live else frozenset()
        return dict.fromkeys(months, names)

    def drift(self, table: Table) -> tuple[Drift, ...]:
        """Columns missing, unknown, or of another type or mode; none where there is no table."""
        name = table_id(self._project, table.contract)
        with translated(f"reading the schema of `{name}`", "nothing was compared"):
            live = self._connection.table(name)
        return () if live is None else tuple(_differences(table, live))

    def live(self, table: Table) -> LiveTable | None:
        """Columns, partitioning and clustering of the live table."""
        name = table_id(self._project, table.contract)
        with translated(f"reading the schema of `{name}`", "nothing was compared"):
            found = self._connection.table(name)
        return None if found is None else live_table(found)

    def full_name(self, table: Table) -> str:
        """Project, dataset and table."""
        return table_id(self._project, table.contract)

    def create(self, table: Table) -> None:
        """Create table and dataset as the contract says, where they do not exist."""
        name = table_id(self._project, table.contract)
        with translated(f"creating `{name}`", "it was not created"):
            ensure(self._connection, table.contract)

    def alter(self, table: Table, change: SchemaChange) -> None:
        """Change the live table in one call, if nobody else did meanwhile."""
        name = table_id(self._project, table.contract)
        with translated(f"changing `{name}`", "it was not changed"):
            apply(self._connection, name, change)

    def place(self, table: Table) -> str:
        """Project and dataset of `table`."""
        return f"{self.url}/{table.contract.dataset}"

    @contextmanager
    def lock(
        self, tables: Sequence[Table], push_id: str, ended: Collection[str] = ()
    ) -> Iterator[None]:
        """Nobody else pushes to the datasets of `tables` inside the block, see `lock`.

        Raises:
            LockedError: Somebody does; it says who, and since when.
        """
        datasets = sorted({table.contract.dataset for table in tables})
        with ExitStack() as stack:
            with translated(f"locking {', '.join(datasets)} of {self.url}", "nothing was pushed"):
                now = self._connection.now(self._budget)
                lock = Lock(self._connection, push_id, now, frozenset(ended))
                stack.enter_context(lock.held(datasets))
            yield

    def replace(
        self, changes: Sequence[Change], push_id: str, ready: Ready = ignore_note
    ) -> Receipt:
        """Apply all `changes` in one transaction, see `push`.

        A push that was committed under the same id and content is not applied again.

        Raises:
            ContractError: Rows break their contract; nothing was sent.
            WarehouseError: A job failed; every table is as it was.
        """

        def heard(note: str) -> None:
            ready(note)
            self._started.add(push_id)

        def undone() -> str:
            is_open = push_id in self._started
            return "run it again to learn if it was applied" if is_open else "nothing was pushed"

        with TemporaryDirectory(prefix="nba_local-") as files:
            push = Push(self._connection, changes, push_id, Path(files), self._budget, heard)
            with translated(f"push {push_id} to {self.url}", undone):
                receipt = push.run()
        self._pushed = max(self._pushed, push.committed + _TICK)
        return receipt

    def settle(self, tables: Sequence[Table], push_id: str, note: str) -> dt.datetime | None:
        """Drop staging and lock of a push that died; when it took effect, None if it did not."""
        doing = f"asking {self.url} what became of push {push_id}"
        with translated(doing, "it stays on record, and is asked for again by the next push"):
            committed = settle(self._connection, tables, push_id, note)
            for dataset in sorted({table.contract.dataset for table in tables}):
                release(self._connection, dataset, push_id)
        if committed:
            self._pushed = max(self._pushed, committed + _TICK)
        return committed

    def close(self) -> None:
        """Release connections."""
        self._connection.close()


def _differences(table: Table, live: bigquery.Table) -> list[Drift]:
    contract = table.contract
    columns = {column.name: column for column in map(live_column, live.schema)}
    pairs = [
        (field.name, _described(field), _described(columns.pop(field.name, None)))
        for field in contract.fields
    ]
    pairs += [(name, "not in the contract", _described(found)) for name, found in columns.items()]
    partitioning = live.time_partitioning
    if partitioning is None or partitioning.field != contract.partition_by:
        pairs.append((contract.partition_by, "partition column", "not the partition column"))
    return [Drift(contract.name, *pair) for pair in pairs if pair[1] != pair[2]]


def _described(column: Field | LiveColumn | None) -> str:
    """Type, size and mode, and the fields of a STRUCT."""
    if column is None:
        return "missing"
    size = f"({column.precision},{column.scale or 0})" if column.precision else ""
    inside = ", ".join(f"{field.name} {_described(field)}" for field in column.fields)
    return f"{column.type}{size}{f'<{inside}>' if inside else ''} {column.mode}"
