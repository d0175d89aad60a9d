"""Live tables of BigQuery as plain values, and the one call that changes what may be changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.api_core import exceptions as api
from google.cloud import bigquery

from nba_local.errors import StaleError
from nba_local.warehouse import LiveColumn, LiveTable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nba_local.warehouse import SchemaChange
    from nba_local.warehouse.bigquery.connection import Connection

_STANDARD = {"INTEGER": "INT64", "FLOAT": "FLOAT64", "BOOLEAN": "BOOL", "RECORD": "STRUCT"}
_DAY_MS = 86_400_000


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
    column: Callable[..., bigquery.SchemaField],
) -> None:
    """Add columns, drop NOT NULL, set descriptions and clustering of a table, in one call.

    Raises:
        StaleError: Somebody changed the table since it was looked at; nothing was changed.
    """
    client, limits = connection.client, connection.limits
    live = client.get_table(name, **limits)
    fields = [_changed(field, change) for field in live.schema]
    fields += [column(field) for field in change.added]
    live.schema, parts = fields, ["schema"]
    if change.clustering is not None:
        live.clustering_fields = list(change.clustering) or None
        parts.append("clustering_fields")
    live._properties["etag"] = change.etag
    try:
        client.update_table(live, parts, **limits)
    except api.PreconditionFailed as error:
        raise StaleError(
            f"`{name}` was changed by somebody else meanwhile; nothing was changed",
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
