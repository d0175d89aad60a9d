"""A table of one million rows and 100 columns behind BigQuery's two protocols, ready to be sent.

    python -m tests.stream_server READY.json [ROWS [DAYS]]

Every message is serialised before the first request, so that what is measured is the client. Only
what a pull asks for is answered: the time, the table, its partitions, sessions and streams.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import grpc
import polars as pl
import pyarrow as pa
from google.cloud.bigquery_storage_v1 import types

HOST, PROJECT, DATASET, TABLE = "127.0.0.1", "stream", "league", "wide"
SERVICE = "google.cloud.bigquery.storage.v1.BigQueryRead"
FIRST_DAY, DAYS = dt.date(2021, 10, 1), 300
COLUMNS = 100
MESSAGE_BYTES = 1_000_000
MODIFIED = dt.datetime(2022, 7, 1, tzinfo=dt.UTC)

FIELDS = [
    {"name": "day", "type": "DATE", "mode": "REQUIRED", "description": "Date of the game."},
    {"name": "player", "type": "STRING", "mode": "REQUIRED", "description": "Whose row it is."},
    *(
        {
            "name": f"{kind.lower()}_{n}",
            "type": kind,
            "mode": "NULLABLE",
            "description": "A number.",
        }
        for kind, count in (("STRING", 8), ("INT64", 50), ("FLOAT64", 40))
        for n in range(count)
    ),
]


def day_rows(number: int, rows: int) -> pa.Table:
    """The rows of one day, with values as a box score has them."""
    some = pl.int_range(rows, dtype=pl.Int64)

    def values(place: int, kind: str) -> pl.Expr:
        drawn = some.hash(seed=number * COLUMNS + place)
        if kind == "STRING":
            return pl.concat_str(pl.lit("T"), drawn % 30)
        whole = (drawn % (48 if kind == "INT64" else 400)).cast(pl.Int64)
        return whole if kind == "INT64" else whole / 10

    frame = pl.select(
        day=pl.lit(FIRST_DAY + dt.timedelta(days=number)).repeat_by(rows).explode(),
        player=pl.concat_str(pl.lit("player"), some.cast(pl.String).str.zfill(6)),
        **{field["name"]: values(n, field["type"]) for n, field in enumerate(FIELDS[2:])},
    )
    kinds = {"DATE": pa.date32(), "STRING": pa.string(), "INT64": pa.int64()}
    schema = [(field["name"], kinds.get(field["type"], pa.float64())) for field in FIELDS]
    return frame.to_arrow().cast(pa.schema(schema))


class Wide:
    """The table as messages by day, and how large it is."""

    def __init__(self, rows: int, days: int = DAYS) -> None:
        self.days: dict[dt.date, tuple[int, int, list[bytes]]] = {}
        self.schema: bytes = b""
        for number in range(days):
            table = day_rows(number, rows // days).combine_chunks()
            (batch,) = table.to_batches()
            self.schema = table.schema.serialize().to_pybytes()
            step = max(1, batch.num_rows * MESSAGE_BYTES // batch.nbytes)
            messages = [_message(batch.slice(at, step)) for at in range(0, batch.num_rows, step)]
            day = FIRST_DAY + dt.timedelta(days=number)
            self.days[day] = (batch.num_rows, batch.nbytes, messages)

    @property
    def nbytes(self) -> int:
        """Bytes of Arrow data."""
        return sum(size for _, size, _ in self.days.values())


def _message(batch: pa.RecordBatch) -> bytes:
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with pa.ipc.new_stream(sink, batch.schema, options=options) as writer:
        writer.write_batch(batch)
    reader = pa.ipc.MessageReader.open_stream(sink.getvalue())
    reader.read_next_message()
    data = reader.read_next_message().serialize().to_pybytes()
    response = types.ReadRowsResponse(
        row_count=batch.num_rows,
        arrow_record_batch=types.ArrowRecordBatch(serialized_record_batch=data),
    )
    return types.ReadRowsResponse.serialize(response)


def storage(wide: Wide) -> tuple[grpc.Server, int]:
    """The Storage Read API: a session per request, two streams each."""

    def create(data: bytes, _context: Any) -> bytes:
        wanted = types.CreateReadSessionRequest.deserialize(data).read_session
        start, end = re.findall(r"'([\d-]+)'", wanted.read_options.row_restriction)
        session = types.ReadSession(
            arrow_schema=types.ArrowSchema(serialized_schema=wide.schema),
            streams=[types.ReadStream(name=f"{start}/{end}/{part}") for part in range(2)],
        )
        return types.ReadSession.serialize(session)

    def read(data: bytes, _context: Any) -> Any:
        request = types.ReadRowsRequest.deserialize(data)
        start, end, part = request.read_stream.split("/")
        days = [day for day in wide.days if start <= day.isoformat() < end]
        for day in days[int(part) :: 2]:
            yield from wide.days[day][2]

    handlers = {
        "CreateReadSession": grpc.unary_unary_rpc_method_handler(create),
        "ReadRows": grpc.unary_stream_rpc_method_handler(read),
    }
    unlimited = [("grpc.max_send_message_length", -1)]
    server = grpc.server(ThreadPoolExecutor(8), options=unlimited)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
    port = server.add_insecure_port(f"{HOST}:0")
    server.start()
    return server, port


def rest(wide: Wide) -> ThreadingHTTPServer:
    """Tables and queries."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(
                {
                    "tableReference": {
                        "projectId": PROJECT,
                        "datasetId": DATASET,
                        "tableId": TABLE,
                    },
                    "type": "TABLE",
                    "schema": {"fields": FIELDS},
                    "timePartitioning": {"type": "DAY", "field": "day"},
                    "lastModifiedTime": str(int(MODIFIED.timestamp() * 1000)),
                    "location": "US",
                    "etag": "wide",
                }
            )

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if "CURRENT_TIMESTAMP" in body["query"]:
                now = dt.datetime.now(dt.UTC).timestamp()
                self._rows([("moment", "TIMESTAMP")], [[str(int(now * 1e6))]])
                return
            moment = str(int(MODIFIED.timestamp() * 1e6))
            given = {p["name"]: p["parameterValue"]["value"] for p in body["queryParameters"]}
            rows = [
                [f"{day:%Y%m%d}", str(count), moment, str(size)]
                for day, (count, size, _) in wide.days.items()
                if given["start"] <= f"{day:%Y%m%d}" < given["end"]
            ]
            names = ("total_rows", "last_modified_time", "total_logical_bytes")
            kinds = ("INTEGER", "TIMESTAMP", "INTEGER")
            self._rows([("partition_id", "STRING"), *zip(names, kinds, strict=True)], rows)

        def _rows(self, columns: list[tuple[str, str]], rows: list[list[str]]) -> None:
            self._answer(
                {
                    "jobComplete": True,
                    "totalRows": str(len(rows)),
                    "schema": {"fields": [{"name": n, "type": k} for n, k in columns]},
                    "rows": [{"f": [{"v": value} for value in row]} for row in rows],
                }
            )

        def _answer(self, value: dict[str, Any]) -> None:
            data = json.dumps(value).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    return ThreadingHTTPServer((HOST, 0), Handler)


def package(folder: Path) -> Path:
    """The folder of tables for a pull of the table."""
    table = folder / TABLE
    table.mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "rules.py").write_text(
        "import dataclasses\n@dataclasses.dataclass(frozen=True)\nclass Rules:\n"
        "    name: str = 'plain'\n    lookback_seasons: int = 0\n"
        "    def of(self, table):\n        return self\n"
        "    def override(self, table, key, value):\n        raise KeyError(key)\n"
        "PRESETS = {'plain': Rules()}\n"
    )
    (table / "__init__.py").write_text("")
    (table / "table.py").write_text(
        "from nba_local import BigQuery, Table\n"
        "TABLE = Table(doc='Wide.', source=BigQuery(reads=('day', 'player')))\n"
    )
    schema = {
        "dataset": DATASET,
        "table": TABLE,
        "partition_field": "day",
        "clustering": [],
        "grain": ["player", "day"],
        "fields": FIELDS,
    }
    (table / "schema.json").write_text(json.dumps(schema))
    return folder


def main() -> None:
    """Serve until standard input closes."""
    ready, rows = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    wide = Wide(rows, *map(int, sys.argv[3:4]))
    server, port = storage(wide)
    web = rest(wide)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    where = {
        "rest": f"http://{HOST}:{web.server_address[1]}",
        "storage": f"{HOST}:{port}",
        "arrow_bytes": wide.nbytes,
        "rows": rows,
    }
    partial = ready.with_suffix(".tmp")
    partial.write_text(json.dumps(where))
    partial.replace(ready)
    sys.stdin.buffer.read()
    server.stop(None)


if __name__ == "__main__":
    main()
