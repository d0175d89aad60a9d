"""The writing half of BigQuery: a push as staged jobs.

A push is one Parquet load job per table into a staging table, a proof by query that the staged
counts are the ones that were sent, and one multi-statement transaction over all tables. A job id
is push, table, content and number of the try. BigQuery keeps the ids of failed jobs too, so an id
that is taken says nothing: the job behind it is looked at.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import logging
import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, cast

import pyarrow as pa
import pyarrow.parquet as pq
from google.api_core import exceptions as api
from google.cloud import bigquery

from nba_local.errors import ContractError, TransientWarehouseError, WarehouseError
from nba_local.tables.fingerprint import of_file
from nba_local.warehouse import Append, Receipt
from nba_local.warehouse.bigquery.errors import AGAIN, is_passing, job_error, one_line, reason
from nba_local.warehouse.bigquery.schema import (
    arrow_field,
    as_column,
    ensure,
    require_push_id,
    staging_id,
    table_id,
)
from nba_local.warehouse.bigquery.statements import StagedChange, statements

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    import polars as pl

    from nba_local.tables.table import Table
    from nba_local.warehouse import Change, Ready
    from nba_local.warehouse.bigquery.connection import Connection, Job, Parameter

LOADS_AT_ONCE = 4
"""Load jobs of a push under way together; most of their time is BigQuery's."""

STAGING_DAYS = 1
"""A staging table that nobody could drop is dropped by BigQuery after this."""

MOST_CLUSTERING_COLUMNS = 4
"""BigQuery's own limit; a contract may name more."""

_MOST_TRIES, _MOST_FRESH_TRIES = 20, 5
_PAUSE = 1.0
"""Seconds before a job is started anew, doubled each time: a table takes 5 loads in 10 seconds."""


class Push:
    """Replaces dates of several tables together.

    Args:
        connection: The project.
        changes: One per table.
        push_id: The intent, minted by the caller before the first try.
        files: A folder for what is to be loaded, as long as the push lasts.
        budget: Bytes that each query of the push may bill.
        ready: Called with location and id of the transaction's job before it is started.
    """

    def __init__(  # noqa: PLR0913 - what is pushed, as what, within which bounds
        self,
        connection: Connection,
        changes: Sequence[Change],
        push_id: str,
        files: Path,
        budget: int,
        ready: Ready,
    ) -> None:
        require_push_id(push_id)
        self._connection, self._push_id, self._budget = connection, push_id, budget
        self._files, self._ready = files, ready
        self._steps = tuple(self._step(change, n) for n, change in enumerate(changes))
        if len({step.target for step in self._steps}) < len(self._steps):
            raise WarehouseError(f"push {push_id} names a table twice; nothing was pushed")
        self._location: str | None = None
        self._loads: list[str] = []
        self.committed = dt.datetime.min.replace(tzinfo=dt.UTC)
        """When the transaction ended, by the server's clock."""

    def run(self) -> Receipt:
        """Stage, prove, commit, clean up; what an earlier run committed is not committed again."""
        if not self._steps:
            return Receipt({}, (), {}, self.committed)
        for step in self._steps:
            self._location = ensure(self._connection, step.contract)
        try:
            commit = self._do(f"nba_local-{self._push_id}-commit-{self._digest()}", self._commit)
            self.committed = commit.ended
        finally:
            for step in self._steps:
                self._drop(step.staging)
        rows = {step.contract.name: step.change.rows.height for step in self._steps}
        hashes = {step.contract.name: step.digest for step in self._steps}
        return Receipt(rows, (*self._loads, str(commit.job_id)), hashes, self.committed)

    def _step(self, change: Change, number: int) -> StagedChange:
        contract = change.table.contract
        where = f"push {self._push_id} of {contract.name}"
        pieces: Iterable[tuple[object, pl.DataFrame]] = (
            [((), change.rows)] if isinstance(change, Append) else change.pieces()
        )
        schema = pa.schema([arrow_field(field) for field in contract.fields])
        content = self._files / f"{number}.parquet"
        counts: Counter[dt.date] = Counter()
        with pq.ParquetWriter(content, schema, compression="zstd") as file:
            for _, piece in pieces:
                rows = contract.conform(piece, where)
                if nulls := contract.nulls(rows):
                    found = ", ".join(f"{count} in `{name}`" for name, count in nulls.items())
                    raise ContractError(
                        f"{where}: NULL in REQUIRED columns: {found}; nothing was pushed"
                    )
                counts.update(dict(rows.group_by(contract.partition_by).len().iter_rows()))
                if rows.height:
                    file.write_table(rows.to_arrow().cast(schema))
        target = table_id(self._connection.project, contract)
        staging = staging_id(self._connection.project, contract, self._push_id)
        sha256 = of_file(content)
        return StagedChange(change, target, staging, content, sha256, counts)

    def _digest(self) -> str:
        parts = [f"{sorted(s.change.dates)} {s.digest}" for s in self._steps]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]

    def _stage(self, step: StagedChange) -> str:
        """Id of the job that filled the staging table, whose counts per date are proven."""
        base = f"nba_local-{self._push_id}-{step.contract.name}-{step.digest}"
        load, holds = functools.partial(self._load, step), functools.partial(self._holds, step)
        return str(self._do(base, load, holds).job_id)

    def _load(self, step: StagedChange, job_id: str) -> Job:
        client, limits = self._connection.client, self._connection.limits
        columns = [as_column(field, staging=True) for field in step.contract.fields]
        table = bigquery.Table(step.staging, schema=columns)
        table.expires = dt.datetime.now(dt.UTC) + dt.timedelta(days=STAGING_DAYS)
        client.create_table(table, exists_ok=True, **limits)
        parquet = bigquery.ParquetOptions()  # type: ignore[no-untyped-call]
        parquet.enable_list_inference = True
        config = bigquery.LoadJobConfig(
            source_format=bigquery.SourceFormat.PARQUET,
            schema=columns,
            create_disposition=bigquery.CreateDisposition.CREATE_NEVER,
            write_disposition=bigquery.WriteDisposition.WRITE_TRUNCATE,
            decimal_target_types=[bigquery.DecimalTargetType.NUMERIC],
        )
        config.parquet_options = parquet
        with step.content.open("rb") as content:
            return client.load_table_from_file(
                content,
                step.staging,
                size=step.content.stat().st_size,
                job_id=job_id,
                location=self._location,
                job_config=config,
                num_retries=_MOST_FRESH_TRIES,
                timeout=self._connection.seconds,
            )

    def _holds(self, step: StagedChange) -> bool:
        """Whether the staging table has as many rows of each date as were sent."""
        day = step.contract.partition_by
        sql = f"SELECT `{day}` AS day, COUNT(*) AS n FROM `{step.staging}` GROUP BY day"  # noqa: S608
        try:
            rows = self._connection.query(sql, self._budget)
        except api.NotFound:
            return False
        return {row["day"]: row["n"] for row in rows} == step.counts

    def _commit(self, job_id: str) -> Job:
        """Start the transaction; everything it inserts is staged and proven before."""
        staged = [step for step in self._steps if step.change.rows.height]
        with ThreadPoolExecutor(LOADS_AT_ONCE) as pool:
            self._loads = list(pool.map(self._stage, staged))
        script: list[str] = ["BEGIN TRANSACTION"]
        parameters: list[Parameter] = []
        for number, step in enumerate(self._steps):
            sql, given = statements(step, number)
            script, parameters = [*script, *sql], [*parameters, *given]
        self._ready(f"{self._location}:{job_id.rpartition('-')[0]}")
        config = bigquery.QueryJobConfig(
            query_parameters=parameters, maximum_bytes_billed=self._budget
        )
        return self._connection.client.query(
            ";\n".join([*script, "COMMIT TRANSACTION"]),
            job_config=config,
            job_id=job_id,
            location=self._location,
            **self._connection.limits,
            job_retry=None,
        )

    def _do(
        self, base: str, submit: Callable[[str], Job], holds: Callable[[], bool] = lambda: True
    ) -> Job:
        """The job that did what `submit` asks for: of an earlier run of the push, or a new one.

        Args:
            base: Job id without the number of the try.
            submit: Starts the job under the id it is given.
            holds: Whether the outcome of a job that succeeded is (still) there.

        Raises:
            WarehouseError: A new job failed, and another try would not help or did not.
        """
        fresh, said = 0, "every job id of it is taken"
        for number in range(_MOST_TRIES):
            job = self._find(f"{base}-{number}")
            if earlier := job is not None:
                error = self._connection.wait(job)
            else:
                job = self._submit(submit, f"{base}-{number}")
                error, fresh = self._connection.wait(job), fresh + 1
            if error is None and holds():
                return job
            if earlier:
                continue
            said = str(error["message"]) if error else "not the rows that were sent arrived"
            if error is None or not is_passing(error):
                raise job_error(f"job `{base}` failed: {one_line(said)}; nothing was pushed", error)
            if fresh == _MOST_FRESH_TRIES:
                break
            pause = min(_PAUSE * 2 ** (fresh - 1), self._connection.seconds / 10)
            time.sleep(random.uniform(pause / 2, pause))
        raise TransientWarehouseError(
            f"job `{base}` failed {fresh} times: {one_line(said)}; nothing was pushed", AGAIN
        )

    def _find(self, job_id: str) -> Job | None:
        return found_job(self._connection, job_id, self._location)

    def _submit(self, submit: Callable[[str], Job], job_id: str) -> Job:
        try:
            return submit(job_id)
        except (api.Conflict, api.NotFound):
            # our own request, whose answer was lost and which was sent again: the id is taken, or
            # the upload is over
            job = self._find(job_id)
            if job is None:
                raise
            return job

    def _drop(self, staging: str) -> None:
        """Drop a staging table. It expires by itself, so a failure here does not undo a push."""
        client, limits = self._connection.client, self._connection.limits
        try:
            client.delete_table(staging, not_found_ok=True, **limits)
        except (api.GoogleAPICallError, api.RetryError, OSError) as error:
            logging.getLogger(__name__).warning("`%s` is left: %s", staging, reason(error))


def settle(
    connection: Connection, tables: Sequence[Table], push_id: str, note: str
) -> dt.datetime | None:
    """Drop the staging tables of a push that died; when its transaction ended, None if it did not.

    note: What `ready` was called with, empty where no transaction was started.
    """
    ended, (location, _, commit) = None, note.partition(":")
    for number in range(_MOST_TRIES if commit else 0):
        job = found_job(connection, f"{commit}-{number}", location)
        if job is not None and connection.wait(job) is None:
            ended = job.ended
    for table in tables:
        name = staging_id(connection.project, table.contract, push_id)
        connection.client.delete_table(name, not_found_ok=True, **connection.limits)
    return ended


def found_job(connection: Connection, job_id: str, location: str | None) -> Job | None:
    """The job with that id, or None."""
    try:
        return cast(
            "Job", connection.client.get_job(job_id, location=location, **connection.limits)
        )
    except api.NotFound:
        return None
