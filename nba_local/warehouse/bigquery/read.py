"""`bigquery://PROJECT`: BigQuery itself, or a local server that speaks its two protocols.

Only the endpoints differ between the two. Rows come through the Storage Read API, partition states
through INFORMATION_SCHEMA, changes go as `bigquery_jobs.Push`.
"""

from __future__ import annotations

import datetime as dt
import os
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING

import polars as pl
import pyarrow as pa
from google.api_core import exceptions as api
from google.cloud import bigquery
from google.cloud.bigquery_storage_v1 import types

from nba_local.errors import SessionEndedError, WarehouseError
from nba_local.warehouse import Drift, PartitionState, unheard
from nba_local.warehouse.bigquery.access import access
from nba_local.warehouse.bigquery.connection import Connection
from nba_local.warehouse.bigquery.errors import translated
from nba_local.warehouse.bigquery.lock import held, release
from nba_local.warehouse.bigquery.push import Push, arrow_field, as_column, ensure, settle, table_id
from nba_local.warehouse.bigquery.schema import apply, live_column, live_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from nba_local.tables.calendar import Interval
    from nba_local.tables.schema import Contract, Field
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
        self._clock: tuple[dt.datetime, float] | None = None
        self._pushed = dt.datetime.min.replace(tzinfo=dt.UTC)
        self._started: set[str] = set()

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
        if self._clock is None:
            with translated(f"asking {self.url} for the time", "nothing was read"):
                sql = "SELECT CURRENT_TIMESTAMP() AS moment"
                (row,) = self._connection.query(sql, self._budget)
            # asked once: every further question would be a query, and take as long as one
            self._clock = (row["moment"], time.monotonic())
        asked, heard = self._clock
        moment = asked + dt.timedelta(seconds=time.monotonic() - heard)
        return max(moment - self._margin, self._pushed)

    def partitions(
        self, table: Table, within: Interval, as_of: dt.datetime
    ) -> dict[dt.date, PartitionState]:
        """Rows of each date at `as_of`, and a token that moves when the date is written.

        A date that was written after `as_of` gets a token that no later answer repeats, so that it
        counts as changed the next time. No bytes of the table are scanned unless it was.
        """
        contract, name = table.contract, table_id(self._project, table.contract)
        with translated(f"listing the partitions of `{name}`", "nothing was read"):
            live = self._connection.table(name)
            if live is None:
                return {}
            modified: dt.datetime = live.modified
            listed = self._listed(contract, within, modified)
            if listed is None:
                rows = self._counts(contract, within, as_of)
                return _states(rows, dict.fromkeys(rows, modified), as_of)
            rows = {day: count for day, (count, _, _) in listed.items()}
            written = {day: moment for day, (_, moment, _) in listed.items()}
            if max([modified, *written.values()]) + _TICK > as_of:
                rows = self._counts(contract, within, as_of)
        sizes = {day: size for day, (_, _, size) in listed.items()}
        return _states(rows, written, as_of, sizes)

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
                parts = self._parts(table.contract, fields, within, as_of)
            except SessionEndedError:  # the same rows in a new one
                parts = self._parts(table.contract, fields, within, as_of)
        rows = _typed(parts, fields, name)
        parts.clear()
        pa.default_memory_pool().release_unused()
        return rows

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
            apply(self._connection, name, change, as_column)

    def place(self, table: Table) -> str:
        """Project and dataset of `table`."""
        return f"{self.url}/{table.contract.dataset}"

    @contextmanager
    def lock(self, tables: Sequence[Table], push_id: str) -> Iterator[None]:
        """Nobody else pushes to the datasets of `tables` inside the block, see `bigquery_lock`.

        Raises:
            LockedError: Somebody does; it says who, and since when.
        """
        datasets = sorted({table.contract.dataset for table in tables})
        with ExitStack() as stack:
            with translated(f"locking {', '.join(datasets)} of {self.url}", "nothing was pushed"):
                stack.enter_context(held(self._connection, datasets, push_id))
            yield

    def replace(self, changes: Sequence[Change], push_id: str, ready: Ready = unheard) -> Receipt:
        """Apply all `changes` in one transaction, see `bigquery_jobs`.

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

        push = Push(self._connection, changes, push_id, self._budget, heard)
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

    def _listed(
        self, contract: Contract, within: Interval, modified: dt.datetime
    ) -> dict[dt.date, tuple[int, dt.datetime, int]] | None:
        """Rows, last write and bytes of each date, now; None where no such time is kept."""
        sql = (
            "SELECT partition_id, total_rows, last_modified_time, total_logical_bytes "  # noqa: S608
            f"FROM `{self._project}.{contract.dataset}`.INFORMATION_SCHEMA.PARTITIONS "
            "WHERE table_name = @name AND partition_id >= @start AND partition_id < @end"
        )
        given = {"name": contract.name}
        given |= {"start": f"{within.start:%Y%m%d}", "end": f"{within.end:%Y%m%d}"}
        parameters = [bigquery.ScalarQueryParameter(k, "STRING", v) for k, v in given.items()]
        try:
            rows = self._connection.query(sql, self._budget, *parameters)
        except api.BadRequest as error:
            if "last_modified_time" not in str(error):
                raise
            return None
        return {
            dt.date.fromisoformat(day): (count, written or modified, size or 0)
            for day, count, written, size in rows
            if count
        }

    def _counts(
        self, contract: Contract, within: Interval, as_of: dt.datetime
    ) -> dict[dt.date, int]:
        """Rows of each date at `as_of`; none where the table is younger than that."""
        day, name = contract.partition_by, table_id(self._project, contract)
        sql = (
            f"SELECT `{day}` AS day, COUNT(*) AS n FROM `{name}` FOR SYSTEM_TIME AS OF @moment "  # noqa: S608
            f"WHERE `{day}` >= @start AND `{day}` < @end GROUP BY day"
        )
        parameters = (
            bigquery.ScalarQueryParameter("moment", "TIMESTAMP", as_of),
            bigquery.ScalarQueryParameter("start", "DATE", within.start),
            bigquery.ScalarQueryParameter("end", "DATE", within.end),
        )
        try:
            rows = self._connection.query(sql, self._budget, *parameters)
        except api.NotFound:
            return {}
        return {row["day"]: row["n"] for row in rows}

    def _session(
        self, contract: Contract, fields: Sequence[Field], within: Interval, as_of: dt.datetime
    ) -> types.ReadSession:
        day, lz4 = contract.partition_by, types.ArrowSerializationOptions.CompressionCodec.LZ4_FRAME
        options = types.ReadSession.TableReadOptions(
            selected_fields=[field.name for field in fields],
            row_restriction=f"`{day}` >= '{within.start}' AND `{day}` < '{within.end}'",
            arrow_serialization_options=types.ArrowSerializationOptions(buffer_compression=lz4),
        )
        wanted = types.ReadSession(
            table=f"projects/{self._project}/datasets/{contract.dataset}/tables/{contract.name}",
            data_format=types.DataFormat.ARROW,
            table_modifiers=types.ReadSession.TableModifiers(snapshot_time=as_of),
            read_options=options,
        )
        return self._connection.storage.create_read_session(
            parent=f"projects/{self._project}",
            read_session=wanted,
            max_stream_count=os.cpu_count() or 1,
            **self._connection.storage_limits,
        )

    def _parts(
        self, contract: Contract, fields: Sequence[Field], within: Interval, as_of: dt.datetime
    ) -> list[pa.Table]:
        """The rows of one read session, by stream; none where there is no table."""
        try:
            session = self._session(contract, fields, within, as_of)
        except api.NotFound:
            return []
        streams = [stream.name for stream in session.streams]
        with ThreadPoolExecutor(max_workers=max(1, len(streams))) as pool:
            return list(pool.map(lambda stream: self._stream(stream, session), streams))

    def _stream(self, stream: str, session: types.ReadSession) -> pa.Table:
        """All rows of one stream."""
        messages = self._connection.messages(stream)
        schema = pa.ipc.read_schema(pa.py_buffer(session.arrow_schema.serialized_schema))
        batches = (message.arrow_record_batch.serialized_record_batch for message in messages)
        decoded = (pa.ipc.read_record_batch(pa.py_buffer(batch), schema) for batch in batches)
        return pa.Table.from_batches(decoded, schema)


def _states(
    rows: Mapping[dt.date, int],
    written: Mapping[dt.date, dt.datetime],
    as_of: dt.datetime,
    sizes: Mapping[dt.date, int] = MappingProxyType({}),
) -> dict[dt.date, PartitionState]:
    """States of the dates in `rows`; those written since `as_of`, or gone since, are marked."""
    since = f"as of {as_of.isoformat()}"
    known = {day: moment.isoformat() for day, moment in written.items() if moment < as_of}
    return {
        day: PartitionState(count, known.get(day, since), sizes.get(day, 0))
        for day, count in rows.items()
    }


def _typed(parts: Sequence[pa.Table], fields: Sequence[Field], name: str) -> pl.DataFrame:
    """One frame of all streams in the contract's types. Only the size of a decimal is converted.

    The Read API sends every NUMERIC as decimal128(38, 9); Arrow's cast refuses to lose a digit.
    """
    if not parts:
        return pl.DataFrame(schema={field.name: field.polars for field in fields})
    rows = pa.concat_tables(parts)
    if missing := [field.name for field in fields if field.name not in rows.column_names]:
        raise WarehouseError(
            f"`{name}` has no column `{missing[0]}` ({len(missing)} missing); no rows were read"
        )
    arrays = [_exact(rows.column(field.name), field, name) for field in fields]
    typed = pl.DataFrame(pa.table(arrays, names=[field.name for field in fields]))
    return typed.with_columns(pl.col(f.name).fill_null([]) for f in fields if f.repeated)


def _exact(values: pa.ChunkedArray, field: Field, name: str) -> pa.ChunkedArray:
    have, wanted = values.type, arrow_field(field).type
    where = f"`{name}`: column `{field.name}`"
    if not _alike(have, wanted):
        raise WarehouseError(
            f"{where} came as {have}, the contract says {field.type}; no rows were read"
        )
    try:
        return values.cast(wanted)
    except pa.ArrowInvalid as error:
        message = f"{where} does not fit {wanted}: {error}; no rows were read"
        raise WarehouseError(message) from error


def _alike(have: pa.DataType, wanted: pa.DataType) -> bool:
    """Whether one type is the other but for the size of decimals and the names of list items."""
    if pa.types.is_decimal(wanted):
        return bool(pa.types.is_decimal(have))
    if pa.types.is_list(wanted):
        return bool(pa.types.is_list(have)) and _alike(have.value_type, wanted.value_type)
    if pa.types.is_struct(wanted):
        return (
            bool(pa.types.is_struct(have))
            and [inner.name for inner in have] == [inner.name for inner in wanted]
            and all(_alike(h.type, w.type) for h, w in zip(have, wanted, strict=True))
        )
    return bool(have == wanted)


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
