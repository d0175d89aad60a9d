"""The clients of one BigQuery project, or of a local server, and how long they may try."""

from __future__ import annotations

import datetime as dt
import functools
import random
import re
import time
from typing import TYPE_CHECKING, Any

import google.auth
import grpc
from google.api_core import exceptions as api
from google.api_core import retry as retries
from google.api_core.client_options import ClientOptions
from google.api_core.timeout import ConstantTimeout
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery, bigquery_storage
from google.cloud.bigquery.table import RowIterator
from google.cloud.bigquery_storage_v1.services.big_query_read import BigQueryReadClient
from google.cloud.bigquery_storage_v1.services.big_query_read.transports import (
    BigQueryReadGrpcTransport,
)

from nba_local.errors import SessionEndedError, TransientWarehouseError, UsageError
from nba_local.warehouse.bigquery.answers import require_bigquery
from nba_local.warehouse.bigquery.errors import AGAIN, hide, reason
from nba_local.words import without_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import pyarrow as pa
    from google.auth.credentials import Credentials
    from google.cloud.bigquery_storage_v1 import types

type Job = bigquery.LoadJob | bigquery.QueryJob
type Parameter = bigquery.ScalarQueryParameter | bigquery.ArrayQueryParameter

LOCAL_SECONDS, SECONDS = 60.0, 600.0
"""How long one call may take with its retries, and one job: at a local server, at BigQuery."""

CALL_SECONDS = 60.0
"""How long one try of a call may take: a server that fell silent is asked again."""

PAUSE, LONGEST_PAUSE = 0.1, 8.0
"""How long a dropped stream is left alone before it is taken up again: at first, at most."""

_SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
_PROJECT = re.compile(r"([a-z0-9.-]+:)?[a-z][a-z0-9-]*")
_PASSING = (
    api.ServiceUnavailable,
    api.DeadlineExceeded,
    api.ResourceExhausted,
    api.Aborted,
    api.InternalServerError,  # this and the next: how gRPC calls a connection that was cut
    api.Unknown,
)
_SESSION_ENDED = (api.NotFound, api.FailedPrecondition)


class Connection:
    """Clients of one project, made at first use, and how long they may try.

    Args:
        project: Google Cloud project that holds the datasets and pays for the queries.
        rest_endpoint: URL of a local server; None for BigQuery.
        storage_endpoint: host:port of its Storage Read service, plain text; None for BigQuery.
    """

    def __init__(
        self, project: str, rest_endpoint: str | None, storage_endpoint: str | None
    ) -> None:
        if (rest_endpoint is None) != (storage_endpoint is None):
            raise UsageError(
                "a local BigQuery server has two endpoints, REST and storage: give both"
            )
        if not _PROJECT.fullmatch(project):
            raise UsageError(
                f"`{without_secrets(f'//{project}')[2:]}` is not a Google Cloud project",
                hint="its id has small letters, digits and `-`: bigquery://my-project",
            )
        self.project, self.is_local = project, rest_endpoint is not None
        self._rest, self._storage = rest_endpoint, storage_endpoint
        self._clock: tuple[dt.datetime, float] | None = None
        self.seconds = LOCAL_SECONDS if self.is_local else SECONDS
        retry = bigquery.DEFAULT_RETRY.with_timeout(self.seconds)
        passing = retries.if_exception_type(*_PASSING)
        storage_retry = retries.Retry(predicate=passing, timeout=self.seconds)
        self.call_seconds = min(CALL_SECONDS, self.seconds)
        each = ConstantTimeout(self.call_seconds)  # type: ignore[no-untyped-call]
        self.limits: dict[str, Any] = {"retry": retry, "timeout": self.call_seconds}
        self.storage_limits: dict[str, Any] = {"retry": storage_retry, "timeout": each}

    @functools.cached_property
    def credentials(self) -> Credentials:
        """Who we are at BigQuery: what the environment or `gcloud` says; nobody locally."""
        if self.is_local:
            return AnonymousCredentials()  # type: ignore[no-untyped-call]
        found: Credentials = google.auth.default(scopes=_SCOPES)[0]
        hide(found)
        return found

    @functools.cached_property
    def client(self) -> bigquery.Client:
        """The client for tables and jobs."""
        options = ClientOptions(api_endpoint=self._rest) if self._rest else None
        client = bigquery.Client(
            project=self.project, credentials=self.credentials, client_options=options
        )
        # the library takes whatever it is sent: the session it calls through looks at it first
        client._http.hooks["response"].append(require_bigquery)
        return client

    @functools.cached_property
    def storage(self) -> bigquery_storage.BigQueryReadClient:
        """The client for reading rows. The library's own channel has no message limit either."""
        if self._storage is None:
            return bigquery_storage.BigQueryReadClient(credentials=self.credentials)  # type: ignore[no-untyped-call]
        unlimited = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
        channel = grpc.insecure_channel(self._storage, options=unlimited)
        transport = BigQueryReadGrpcTransport(channel=channel)
        return bigquery_storage.BigQueryReadClient(transport=transport)  # type: ignore[no-untyped-call]

    def now(self, budget: int) -> dt.datetime:
        """The server's time, whatever the clock of this machine says."""
        if self._clock is None:
            (row,) = self.query("SELECT CURRENT_TIMESTAMP() AS moment", budget)
            # asked once: every further question would be a query, and take as long as one
            self._clock = (row["moment"], time.monotonic())
        asked, heard = self._clock
        return asked + dt.timedelta(seconds=time.monotonic() - heard)

    def table(self, name: str) -> bigquery.Table | None:
        """The live table called `name`, or None."""
        try:
            return self.client.get_table(name, **self.limits)
        except api.NotFound:
            return None

    def query(self, sql: str, budget: int, *parameters: Parameter) -> list[Any]:
        """Rows of a query that may bill `budget` bytes; parameters are named."""
        rows: list[Any] = self._ask(list, sql, budget, parameters)
        return rows

    def query_arrow(self, sql: str, budget: int, *parameters: Parameter) -> pa.Table:
        """The same as an Arrow table, page by page."""
        as_arrow = functools.partial(RowIterator.to_arrow, create_bqstorage_client=False)
        return self._ask(as_arrow, sql, budget, parameters)

    def _ask(
        self,
        take: Callable[[RowIterator], Any],
        sql: str,
        budget: int,
        parameters: Sequence[Parameter],
    ) -> Any:
        config = bigquery.QueryJobConfig(
            query_parameters=list(parameters), maximum_bytes_billed=budget
        )
        retry = self.limits["retry"]
        limits = {"api_timeout": self.call_seconds, "wait_timeout": self.seconds, "retry": retry}
        ask = functools.partial(
            self.client.query_and_wait, sql, job_config=config, job_retry=retry, **limits
        )
        try:
            return take(ask())
        except api.Conflict:  # with our own request, whose answer was lost; a query only reads
            return take(ask())

    def messages(self, stream: str) -> Iterator[types.ReadRowsResponse]:
        """The messages of a read stream; where it is cut, it goes on after the last row.

        The library's own reader takes a stream up again for ever; this one gives up when nothing
        came for as long as a call may take.

        Raises:
            SessionEndedError: The read session is over before all rows came.
        """
        offset, pause, heard = 0, PAUSE, time.monotonic()
        while True:
            try:
                received = BigQueryReadClient.read_rows(
                    self.storage,
                    read_stream=stream,
                    offset=offset,
                    retry=None,
                    timeout=self.seconds,
                )
                for message in received:
                    offset += message.row_count
                    yield message
                    pause, heard = PAUSE, time.monotonic()
            except _SESSION_ENDED as error:
                raise SessionEndedError(
                    f"the read session ended after {offset:,} rows ({reason(error)})", AGAIN
                ) from error
            except _PASSING:
                if time.monotonic() + pause > heard + self.seconds:
                    raise
            else:
                return
            time.sleep(random.uniform(pause / 2, pause))
            pause = min(2 * pause, LONGEST_PAUSE)

    def wait(self, job: Job) -> Mapping[str, Any] | None:
        """Why `job` failed, None when it did what it should.

        Raises:
            TransientWarehouseError: It is still running at the deadline.
        """
        deadline, pause = time.monotonic() + self.seconds, 0.1
        while not job.done(**self.limits):
            if time.monotonic() > deadline:
                raise TransientWarehouseError(
                    f"job `{job.job_id}` is still running after {self.seconds:.0f} s", AGAIN
                )
            time.sleep(pause)
            pause = min(2 * pause, 5.0)
        error: Mapping[str, Any] | None = job.error_result
        return error

    def close(self) -> None:
        """Close the clients that were made."""
        if "client" in self.__dict__:
            self.client.close()  # type: ignore[no-untyped-call]
        if "storage" in self.__dict__:
            self.storage.transport.close()  # type: ignore[no-untyped-call]
