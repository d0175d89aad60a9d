"""Rows of a live table through the Storage Read API, in the contract's types."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import polars as pl
import pyarrow as pa
from google.api_core import exceptions as api
from google.cloud import bigquery
from google.cloud.bigquery_storage_v1 import types

from nba_local.errors import WarehouseError
from nba_local.warehouse.bigquery.schema import arrow_field, table_id
from nba_local.warehouse.lossless import lossless

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from nba_local.tables.calendar import Interval
    from nba_local.tables.schema import Contract, Field
    from nba_local.warehouse.bigquery.connection import Connection


def stream_tables(
    connection: Connection,
    contract: Contract,
    fields: Sequence[Field],
    within: Interval,
    as_of: dt.datetime,
) -> list[pa.Table]:
    """The rows of one read session, by stream; none where there is no table."""
    try:
        session = _session(connection, contract, fields, within, as_of)
    except api.NotFound:
        return []
    streams = [stream.name for stream in session.streams]
    with ThreadPoolExecutor(max_workers=max(1, len(streams))) as pool:
        return list(pool.map(lambda stream: _stream(connection, stream, session), streams))


def query_table(
    connection: Connection,
    budget: int,
    contract: Contract,
    fields: Sequence[Field],
    within: Interval,
) -> pa.Table:
    """The rows of a view as they are now, by query: the Read API has none of it."""
    day = contract.partition_by
    columns = ", ".join(
        f"TO_JSON_STRING(`{field.name}`) AS `{field.name}`"
        if field.type == "JSON"
        else f"`{field.name}`"
        for field in fields
    )
    name = table_id(connection.project, contract)
    sql = f"SELECT {columns} FROM `{name}` WHERE `{day}` >= @start AND `{day}` < @end"  # noqa: S608
    return connection.query_arrow(
        sql,
        budget,
        bigquery.ScalarQueryParameter("start", "DATE", within.start),
        bigquery.ScalarQueryParameter("end", "DATE", within.end),
    )


def _session(
    connection: Connection,
    contract: Contract,
    fields: Sequence[Field],
    within: Interval,
    as_of: dt.datetime,
) -> types.ReadSession:
    day, lz4 = contract.partition_by, types.ArrowSerializationOptions.CompressionCodec.LZ4_FRAME
    options = types.ReadSession.TableReadOptions(
        selected_fields=[field.name for field in fields],
        row_restriction=f"`{day}` >= '{within.start}' AND `{day}` < '{within.end}'",
        arrow_serialization_options=types.ArrowSerializationOptions(buffer_compression=lz4),
    )
    wanted = types.ReadSession(
        table=f"projects/{connection.project}/datasets/{contract.dataset}/tables/{contract.name}",
        data_format=types.DataFormat.ARROW,
        table_modifiers=types.ReadSession.TableModifiers(snapshot_time=as_of),
        read_options=options,
    )
    return connection.storage.create_read_session(
        parent=f"projects/{connection.project}",
        read_session=wanted,
        max_stream_count=os.cpu_count() or 1,
        **connection.storage_limits,
    )


def _stream(connection: Connection, stream: str, session: types.ReadSession) -> pa.Table:
    """All rows of one stream."""
    messages = connection.messages(stream)
    schema = pa.ipc.read_schema(pa.py_buffer(session.arrow_schema.serialized_schema))
    batches = (message.arrow_record_batch.serialized_record_batch for message in messages)
    decoded = (pa.ipc.read_record_batch(pa.py_buffer(batch), schema) for batch in batches)
    return pa.Table.from_batches(decoded, schema)


def typed(parts: Sequence[pa.Table], fields: Sequence[Field], name: str) -> pl.DataFrame:
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
    # the size of decimals is Arrow's to judge; what else differs says the same, or is refused
    arrays = [
        _exact(rows.column(field.name), field, name)
        if _alike(rows.column(field.name).type, arrow_field(field).type)
        else rows.column(field.name)
        for field in fields
    ]
    typed = pl.DataFrame(pa.table(arrays, names=[field.name for field in fields]))
    typed = typed.with_columns(pl.col(f.name).fill_null([]) for f in fields if f.repeated)
    return typed.with_columns(
        lossless(typed[field.name], field, f"`{name}`")
        for field in fields
        if typed.schema[field.name] != field.polars
    )


def _exact(values: pa.ChunkedArray, field: Field, name: str) -> pa.ChunkedArray:
    wanted = arrow_field(field).type
    if pa.types.is_nested(wanted) and not _alike(values.type, wanted):
        raise WarehouseError(
            f"`{name}`: column `{field.name}` came as {values.type}, not as {wanted}; "
            "no rows were read"
        )
    try:
        return values.cast(wanted)
    except pa.ArrowInvalid as error:
        message = (
            f"`{name}`: column `{field.name}` does not fit {wanted}: {error}; no rows were read"
        )
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
