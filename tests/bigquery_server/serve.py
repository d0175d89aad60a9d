"""The local BigQuery server of the tests: local-bigquery 0.4.0 and five things it lacks.

Runs in an environment of its own (see `install.py`), never in the project's. Added are

- `snapshot_time` of a read session (local-bigquery reads the present),
- Arrow buffers as a client asks for them (LZ4, ZSTD) in messages of about 1 MB,
- `INFORMATION_SCHEMA.PARTITIONS` with sizes and `last_modified_time`, the commit that wrote a
  partition's newest row. As on BigQuery a mere deletion does not move it,
- the refusal of a snapshot that is older than its table, in BigQuery's words,
- the refusal of a load whose schema relaxes a REQUIRED column without being allowed to.

It binds both ports itself, writes their addresses to `--ready` and stops when standard input ends,
so it cannot outlive the test run that started it.
"""

from __future__ import annotations

import argparse
import contextvars
import datetime as dt
import json
import os
import socket
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import uvicorn
from google.cloud.bigquery_storage_v1 import types
from local_bigquery import app
from local_bigquery.catalog import tables
from local_bigquery.engine import database
from local_bigquery.engine.database import quote
from local_bigquery.errors import BigQueryError
from local_bigquery.grpc import read, server
from local_bigquery.jobs import load, query, runner
from local_bigquery.settings import settings
from local_bigquery.sql.rules import information_schema
from sqlglot import exp

if TYPE_CHECKING:
    from collections.abc import Iterator

HOST = "127.0.0.1"
MESSAGE_BYTES = 1_000_000
VALUE_BYTES = 8
"""Of a value, for the size of a partition; what most types take on BigQuery."""
CODECS = {0: None, 1: "lz4", 2: "zstd"}

_snapshot: contextvars.ContextVar[dt.datetime | None] = contextvars.ContextVar(
    "snapshot", default=None
)
_codecs: dict[str, str | None] = {}
_parse, _create_session, _read_rows = read.parse, read.create_session, read.read_rows


def parse_as_of(sql: str) -> list[exp.Expression]:
    """The statements of `sql`, whose tables are read at the snapshot time of the session."""
    trees = _parse(sql)
    if moment := _snapshot.get():
        for table in trees[0].find_all(exp.Table):
            at = exp.Literal.string(moment.isoformat())
            table.set("version", exp.Version(this="TIMESTAMP", kind="AS OF", expression=at))
    return trees


def create_session(request: types.CreateReadSessionRequest) -> types.ReadSession:
    """A read session that remembers its snapshot time and its streams' compression."""
    wanted = request.read_session
    token = _snapshot.set(wanted.table_modifiers.snapshot_time)
    try:
        session = _create_session(request)
    finally:
        _snapshot.reset(token)
    codec = CODECS[int(wanted.read_options.arrow_serialization_options.buffer_compression)]
    _codecs.update({stream.name: codec for stream in session.streams})
    return session


def read_rows(request: types.ReadRowsRequest) -> Iterator[types.ReadRowsResponse]:
    """The messages of a stream, cut to about 1 MB and compressed."""
    stream, position = read._lookup(request.read_stream), request.offset
    for message in _read_rows(request):
        schema = pa.ipc.read_schema(pa.py_buffer(message.arrow_schema.serialized_schema))
        data = pa.py_buffer(message.arrow_record_batch.serialized_record_batch)
        for batch in _split(pa.ipc.read_record_batch(data, schema)):
            position += batch.num_rows
            stream.allocated = max(stream.allocated, position)
            yield types.ReadRowsResponse(
                row_count=batch.num_rows,
                arrow_schema=message.arrow_schema,
                arrow_record_batch=types.ArrowRecordBatch(
                    serialized_record_batch=_serialized(batch, _codecs.get(request.read_stream))
                ),
            )


def _split(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    rows = max(1, batch.num_rows * MESSAGE_BYTES // max(batch.nbytes, 1))
    for start in range(0, batch.num_rows, rows):
        yield batch.slice(start, rows)


def _serialized(batch: pa.RecordBatch, codec: str | None) -> bytes:
    """The IPC message of `batch`: only a stream writer takes a compression, so one is unwrapped."""
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression=codec)
    with pa.ipc.new_stream(sink, batch.schema, options=options) as writer:
        writer.write_batch(batch)
    messages = pa.ipc.MessageReader.open_stream(sink.getvalue())
    message = messages.read_next_message()
    while message.type != "record batch":
        message = messages.read_next_message()
    return message.serialize().to_pybytes()


def partitions(project: str, dataset: str | None) -> tuple[list[str], list[list[Any]]]:
    """INFORMATION_SCHEMA.PARTITIONS with `last_modified_time`."""
    columns = [
        *information_schema.IDENTITY,
        "partition_id",
        "total_rows INT64",
        "last_modified_time TIMESTAMP",
        "total_logical_bytes INT64",
        "storage_tier",
    ]
    rows = [
        [
            *information_schema._identity(table),
            partition,
            count,
            modified,
            count * len(table.schema_.fields) * VALUE_BYTES,
            "ACTIVE",
        ]
        for table in information_schema._tables(project, dataset)
        for partition, count, modified in _partition_states(table)
    ]
    return columns, rows


def _partition_states(table: Any) -> list[tuple[str | None, int, str]]:
    """Partition id, rows and last commit of each partition; DuckLake knows the commit of a row."""
    identity = information_schema._identity(table)
    partitioning = table.timePartitioning
    if table.type != "TABLE" or not (partitioning and partitioning.field):
        moment = dt.datetime.fromtimestamp(int(table.lastModifiedTime) / 1000, dt.UTC)
        return [(None, int(table.numRows), moment.isoformat())]
    name, day = tables.name(*identity), quote(partitioning.field)
    try:
        return database.fetch(
            f"SELECT id, n, strftime(s.snapshot_time, '%Y-%m-%d %H:%M:%S.%f+00') FROM ("
            f"SELECT coalesce(strftime({day}, '%Y%m%d'), '__NULL__') AS id, count(*) AS n, "
            f"max(snapshot_id) AS newest FROM {name} GROUP BY 1) AS p "
            f"JOIN ducklake_snapshots('{identity[0]}') AS s ON s.snapshot_id = p.newest ORDER BY 1"
        )
    except duckdb.CatalogException:  # dropped since it was listed
        return []


def strict_load(cursor: Any, config: Any, upload: str | None) -> Any:
    """A load job; a column keeps its mode unless ALLOW_FIELD_RELAXATION is given, as on BigQuery.

    Detected columns are NULLABLE, so that detection relaxes every REQUIRED column it finds.
    """
    reference = config.destinationTable
    identity = (reference.projectId, reference.datasetId, reference.tableId)
    given = {f.name: f.mode or "NULLABLE" for f in (config.schema_ and config.schema_.fields) or []}
    truncates = config.writeDisposition == "WRITE_TRUNCATE"
    if (given or config.autodetect) and not truncates and _exists(identity):
        options = config.schemaUpdateOptions or []
        for field in tables.fields(tables.load(*identity)):
            relaxed = given.get(field.name, "NULLABLE" if config.autodetect else "REQUIRED")
            if field.mode == "REQUIRED" != relaxed and "ALLOW_FIELD_RELAXATION" not in options:
                raise BigQueryError(
                    "invalid",
                    f"Provided Schema does not match Table {':'.join(identity[:2])}.{identity[2]}. "
                    f"Field {field.name} has changed mode from REQUIRED to {relaxed}",
                )
    return load.run(cursor, config, upload)


def from_duckdb(error: Exception, context: Any = None, tree: Any = None) -> BigQueryError:
    """An error of a query; a table that was not there yet has no snapshot, as on BigQuery."""
    asked = tree.find_all(exp.Table) if tree is not None else ()
    is_early = "does not exist" in str(error) and any(table.args.get("version") for table in asked)
    if is_early or "No snapshot found at timestamp" in str(error):
        return BigQueryError("invalid", "Invalid snapshot time for table. Cannot read before it.")
    return _from_duckdb(error, context, tree)


def _exists(identity: tuple[str, str, str]) -> bool:
    try:
        tables.load(*identity)
    except BigQueryError:
        return False
    return True


def _stop_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


_scan_objects, _fetch, _from_duckdb = database.objects, database.fetch, query.from_duckdb


def _catalog(project: str) -> str | None:
    """Where DuckLake keeps what it knows of a project; None where that is not in DuckLake."""
    return f'"__ducklake_metadata_{project}"' if project in database._attached else None


def objects(project: str, dataset: str, table: str | None = None) -> list[tuple[str, str, int]]:
    """Tables and views of a dataset with their rows, from DuckLake's own tables.

    `duckdb_tables()` asks every attached database for all it has; a push asks it a hundred times.
    """
    at = _catalog(project)
    if at is None and project == "emulator" and table:
        return _result(table)
    if at is None:
        return _scan_objects(project, dataset, table)
    return database.fetch(
        f"WITH s AS (SELECT schema_id FROM {at}.ducklake_schema "
        "WHERE schema_name = $1 AND end_snapshot IS NULL) "
        f"SELECT table_name, 'TABLE', coalesce(record_count, 0) FROM {at}.ducklake_table t "
        f"JOIN s USING (schema_id) LEFT JOIN {at}.ducklake_table_stats USING (table_id) "
        "WHERE t.end_snapshot IS NULL AND table_name = coalesce($2, table_name) "
        f"UNION ALL SELECT view_name, 'VIEW', 0 FROM {at}.ducklake_view v JOIN s USING (schema_id) "
        "WHERE v.end_snapshot IS NULL AND view_name = coalesce($2, view_name) ORDER BY 1",
        [dataset, table],
    )


def _result(table: str) -> list[tuple[str, str, int]]:
    """The table of a query's answer, if it is still there, with its rows."""
    try:
        name = quote("emulator", tables.RESULTS, table)
        ((rows,),) = database.fetch(f"SELECT count(*) FROM {name}")
    except duckdb.CatalogException:
        return []
    return [(table, "TABLE", rows)]


OURS = {
    "SELECT column_name FROM duckdb_columns() WHERE database_name = ? AND schema_name = ? "
    "AND table_name = ? AND NOT is_nullable": (
        "SELECT column_name FROM {at}.ducklake_column c "
        "JOIN {at}.ducklake_table t USING (table_id) "
        "JOIN {at}.ducklake_schema s USING (schema_id) "
        "WHERE c.end_snapshot IS NULL AND t.end_snapshot IS NULL AND s.end_snapshot IS NULL "
        "AND parent_column IS NULL AND NOT nulls_allowed AND schema_name = ? AND table_name = ?"
    ),
    "SELECT 1 FROM duckdb_columns() WHERE database_name = ? AND schema_name = ? "
    "AND table_name = ? AND column_name = ?": (
        "SELECT 1 FROM {at}.ducklake_column c "
        "JOIN {at}.ducklake_table t USING (table_id) "
        "JOIN {at}.ducklake_schema s USING (schema_id) "
        "WHERE c.end_snapshot IS NULL AND t.end_snapshot IS NULL AND s.end_snapshot IS NULL "
        "AND parent_column IS NULL AND schema_name = ? AND table_name = ? AND column_name = ?"
    ),
    "SELECT 1 FROM duckdb_schemas() WHERE database_name = ? AND schema_name = ?": (
        "SELECT 1 FROM {at}.ducklake_schema WHERE end_snapshot IS NULL AND schema_name = ?"
    ),
}
"""What local-bigquery asks of all attached databases, and the same of DuckLake's own tables."""


def fetch(sql: str, params: list[Any] | None = None) -> list[tuple[Any, ...]]:
    """Rows of a query; what DuckLake's own tables say is asked of them, as above."""
    ours = OURS.get(sql)
    if ours and params and params[0] == "emulator" and "is_nullable" in sql:
        return []  # columns of answers are NULLABLE
    at = _catalog(params[0]) if ours and params else None
    if not (ours and params and at):
        return _fetch(sql, params)
    return _fetch(ours.format(at=at), params[1:])


def main() -> None:
    """Start both services, say where they are, and serve until standard input closes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--project", required=True)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--ready", type=Path, required=True)
    given = parser.parse_args()
    settings.data_dir, settings.default_project_id = given.data_dir, given.project

    read.parse, read.create_session, read.read_rows = parse_as_of, create_session, read_rows
    server.SERVICES["google.cloud.bigquery.storage.v1.BigQueryRead"] |= {
        "CreateReadSession": server._unary(
            create_session, types.CreateReadSessionRequest, types.ReadSession
        ),
        "ReadRows": server._streaming(read_rows, types.ReadRowsRequest, types.ReadRowsResponse),
    }
    information_schema.VIEWS["PARTITIONS"] = partitions
    database.objects, database.fetch = objects, fetch
    runner.HANDLERS["load"], query.from_duckdb = strict_load, from_duckdb

    threading.Thread(target=_stop_with_parent, daemon=True).start()
    # every query is small; threads for each cost more than they do
    database.connection().execute("SET threads = 1")
    storage, storage_port = server.start(HOST, 0)
    with socket.create_server((HOST, 0)) as listener:
        rest_port = listener.getsockname()[1]
        ready = {"rest": f"http://{HOST}:{rest_port}", "storage": f"{HOST}:{storage_port}"}
        partial = given.ready.with_suffix(".tmp")
        partial.write_text(json.dumps(ready))
        partial.replace(given.ready)
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1)
        uvicorn.Server(config).run(sockets=[listener])
    storage.stop(None)


if __name__ == "__main__":
    main()
