"""A small table that asks a BigQuery server, through Google's own clients, what it enforces."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
from google.cloud import bigquery
from google.cloud.bigquery_storage_v1 import BigQueryReadClient, types

if TYPE_CHECKING:
    import datetime as dt

DATASET = "probe"


@dataclass(frozen=True, slots=True)
class Probe:
    """A table of `d DATE` and `a`, `b INT64 REQUIRED`, partitioned by `d`; `{t}` is it in SQL."""

    client: bigquery.Client
    name: str

    @classmethod
    def create(cls, client: bigquery.Client, name: str) -> Probe:
        """A new, empty table that demands a partition filter."""
        client.create_dataset(DATASET, exists_ok=True)
        columns = [bigquery.SchemaField("d", "DATE")]
        columns += [bigquery.SchemaField(column, "INT64", "REQUIRED") for column in "ab"]
        table = bigquery.Table(f"{client.project}.{DATASET}.{name}", columns)
        table.time_partitioning = bigquery.TimePartitioning(field="d")
        table.require_partition_filter = True
        client.create_table(table)
        return cls(client, name)

    @property
    def full_name(self) -> str:
        """The table's name with project and dataset."""
        return f"{self.client.project}.{DATASET}.{self.name}"

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a statement or script."""
        job = self.client.query(sql.replace("{t}", f"`{self.full_name}`"), job_retry=None)
        return [tuple(row) for row in job.result(job_retry=None)]

    def rows(self) -> list[tuple[Any, ...]]:
        """All rows."""
        return self.query("SELECT d, a, b FROM {t} WHERE d >= '2000-01-01' ORDER BY a")

    def load(self, rows: pa.Table, job_id: str) -> None:
        """Append `rows` by a Parquet load job."""
        content = io.BytesIO()
        pq.write_table(rows, content)
        size = content.tell()
        config = bigquery.LoadJobConfig(
            source_format=bigquery.SourceFormat.PARQUET,
            write_disposition=bigquery.WriteDisposition.WRITE_APPEND,
            create_disposition=bigquery.CreateDisposition.CREATE_NEVER,
        )
        self.client.load_table_from_file(
            content, self.full_name, rewind=True, size=size, job_id=job_id, job_config=config
        ).result()

    def session(
        self, storage: BigQueryReadClient, restriction: str = "", as_of: dt.datetime | None = None
    ) -> types.ReadSession:
        """A read session of the table."""
        project = f"projects/{self.client.project}"
        wanted = types.ReadSession(
            table=f"{project}/datasets/{DATASET}/tables/{self.name}",
            data_format=types.DataFormat.ARROW,
            read_options=types.ReadSession.TableReadOptions(row_restriction=restriction),
        )
        if as_of:
            wanted.table_modifiers = types.ReadSession.TableModifiers(snapshot_time=as_of)
        return storage.create_read_session(parent=project, read_session=wanted)
