"""Tables and columns of BigQuery: their names and types, and live ones as plain values."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

import pyarrow as pa
from google.api_core import exceptions as api
from google.cloud import bigquery

from nba_local.errors import StaleError, WarehouseError
from nba_local.tables.schema import STRUCT
from nba_local.warehouse import LiveColumn, LiveTable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nba_local.tables.schema import Contract, Field
    from nba_local.warehouse import SchemaChange
    from nba_local.warehouse.bigquery.connection import Connection

MOST_CLUSTERING_COLUMNS = 4
"""BigQuery's own limit; a contract may name more."""

_STANDARD = {"INTEGER": "INT64", "FLOAT": "FLOAT64", "BOOLEAN": "BOOL", "RECORD": "STRUCT"}
_DAY_MS = 86_400_000
_PUSH_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")

_ARROW = {
    "STRING": pa.string(),
    "JSON": pa.string(),
    "INT64": pa.int64(),
    "FLOAT64": pa.float64(),
    "BOOL": pa.bool_(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us", "UTC"),
}


def arrow_field(field: Field) -> pa.Field:
    """The Arrow field of a contract column, exact in precision and mode."""
    inner: pa.DataType
    if field.type == STRUCT:
        # below a STRUCT that is NULL a REQUIRED field is NULL too, which Arrow does not tell apart
        inner = pa.struct([arrow_field(inside).with_nullable(True) for inside in field.fields])
    elif field.type == "NUMERIC":
        inner = pa.decimal128(field.precision or 38, 9 if field.scale is None else field.scale)
    else:
        inner = _ARROW[field.type]
    kind = pa.list_(inner) if field.repeated else inner
    return pa.field(field.name, kind, nullable=field.mode == "NULLABLE")


def table_id(project: str, contract: Contract) -> str:
    """The full name of a table, as the API and (in backticks) SQL take it."""
    return f"{project}.{contract.dataset}.{contract.name}"


def staging_id(project: str, contract: Contract, push_id: str) -> str:
    """The full name of the staging table of a table of a push."""
    require_push_id(push_id)
    return f"{project}.{contract.dataset}._nba_local_staging_{contract.name}_{push_id}"


def require_push_id(push_id: str) -> None:
    """Raises: WarehouseError where the push id is not letters, digits, `-` and `_`."""
    if not _PUSH_ID.fullmatch(push_id):
        raise WarehouseError(f"push id {push_id!r} is not letters, digits, `-` and `_`")


def as_column(field: Field, *, staging: bool = False) -> bigquery.SchemaField:
    """BigQuery's column of a contract column. Staged JSON stays text until the INSERT parses it."""
    kind = "STRING" if staging and field.type == "JSON" else field.type
    given = {"name": field.name, "type": kind, "mode": field.mode, "description": field.description}
    size = {"precision": field.precision, "scale": field.scale}
    known = {name: value for name, value in size.items() if value is not None}
    inside = [as_column(inner).to_api_repr() for inner in field.fields]
    return bigquery.SchemaField.from_api_repr(
        {**given, **known, **({"fields": inside} if inside else {})}
    )


def _partitioning(contract: Contract) -> bigquery.TimePartitioning:
    days = contract.expiration_days
    expiration = int(dt.timedelta(days=days).total_seconds() * 1000) if days else None
    return bigquery.TimePartitioning(field=contract.partition_by, expiration_ms=expiration)


def ensure(connection: Connection, contract: Contract) -> str:
    """Location of a table, created with its dataset as the contract says where there is none.

    What exists is never altered here.
    """
    client, limits = connection.client, connection.limits
    name = table_id(connection.project, contract)
    live = connection.table(name)
    if live is None:
        wanted = bigquery.Table(name, [as_column(field) for field in contract.fields])
        wanted.time_partitioning = _partitioning(contract)
        wanted.clustering_fields = contract.clustering[:MOST_CLUSTERING_COLUMNS] or None
        wanted.require_partition_filter = contract.require_partition_filter
        try:
            live = client.create_table(wanted, exists_ok=True, **limits)
        except api.NotFound:
            client.create_dataset(wanted.dataset_id, exists_ok=True, **limits)
            live = client.create_table(wanted, exists_ok=True, **limits)
    return str(live.location)


def live_table(table: bigquery.Table) -> LiveTable:
    """What BigQuery says of a table."""
    time = table.time_partitioning
    expiration = time.expiration_ms if time else None
    return LiveTable(
        columns=tuple(map(live_column, table.schema)),
        partition_by=(time.field or "_PARTITIONTIME") if time else None,
        partition_type=time.type_ if time else None,
        expiration_days=expiration // _DAY_MS if expiration else None,
        require_partition_filter=bool(table.require_partition_filter),
        clustering=tuple(table.clustering_fields or ()),
        etag=table.etag,
        kind=table.table_type or "TABLE",
    )


def live_column(field: bigquery.SchemaField) -> LiveColumn:
    """A column as BigQuery has it, in the names of types that SQL has."""
    return LiveColumn(
        name=field.name,
        type=_STANDARD.get(field.field_type, field.field_type),
        mode=field.mode,
        precision=field.precision,
        scale=field.scale,
        description=field.description or "",
        length=field.max_length,
        fields=tuple(map(live_column, field.fields)),
    )


def apply(
    connection: Connection,
    name: str,
    change: SchemaChange,
) -> None:
    """Add columns, drop NOT NULL, set descriptions and clustering of a table, in one call.

    Raises:
        StaleError: Somebody changed the table since it was looked at; nothing was changed.
    """
    client, limits = connection.client, connection.limits
    live = client.get_table(name, **limits)
    fields = [_changed(field, change) for field in live.schema]
    fields += [as_column(field) for field in change.added]
    live.schema, parts = fields, ["schema"]
    if change.clustering is not None:
        live.clustering_fields = list(change.clustering) or None
        parts.append("clustering_fields")
    live._properties["etag"] = change.etag
    try:
        client.update_table(live, parts, **limits)
    except api.PreconditionFailed as error:
        raise StaleError(
            f"`{name}` was changed by someone else at the same time; this command changed nothing",
            hint="nba-local schema diff",
        ) from error


def _changed(field: bigquery.SchemaField, change: SchemaChange) -> bigquery.SchemaField:
    known: Mapping[str, str] = change.described
    values = field.to_api_repr()
    if field.name in change.relaxed:
        values["mode"] = "NULLABLE"
    if field.name in known:
        values["description"] = known[field.name]
    return bigquery.SchemaField.from_api_repr(values)
